package io.mailraft.node.access;

import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.common.TlsProvider;
import io.mailraft.config.PemFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;

/**
 * The certificate and key of a listener, read again when their files change. Handshakes that have
 * begun go on with what they began with. A certificate without its key is not taken, so the two
 * files need not change at once.
 */
public final class TlsIdentity {
  /** Protocols that are spoken (RFC 8996). */
  public static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  private static final char[] NO_PASSWORD = {};
  private static final byte[] PROOF = "proof".getBytes(StandardCharsets.US_ASCII);

  private final PemFiles files;
  private volatile Loaded loaded;

  private record Loaded(TlsKeyPair pair, SSLContext context) {}

  /**
   * Reads the files.
   *
   * @throws IOException if they cannot be used; the message names them
   */
  public TlsIdentity(PemFiles files, FileFollower follower) throws IOException {
    this.files = files;
    // First, so that a change while they are read is not missed.
    follower.add(
        "the certificate " + files.certificate() + " with its key",
        List.of(files.certificate(), files.key()),
        this::reload);
    this.loaded = load(files);
  }

  private void reload() throws IOException {
    loaded = load(files);
  }

  /** For sockets. */
  public SSLContext context() {
    return loaded.context();
  }

  /** For Armeria, which asks at each handshake. */
  public TlsProvider provider() {
    return _ -> loaded.pair();
  }

  /** What was agreed on, as envelopes note it. */
  public static String words(SSLSession session) {
    return "version=" + session.getProtocol() + " cipher=" + session.getCipherSuite();
  }

  private static Loaded load(PemFiles files) throws IOException {
    try {
      TlsKeyPair pair = TlsKeyPair.of(files.key().toFile(), files.certificate().toFile());
      List<X509Certificate> chain = pair.certificateChain();
      if (chain.isEmpty()) {
        throw new IOException(files.certificate() + " holds no certificate");
      }
      if (!belong(pair.privateKey(), chain.getFirst())) {
        throw new IOException(files.key() + " is not the key of " + files.certificate());
      }
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, NO_PASSWORD);
      store.setKeyEntry(
          "own", pair.privateKey(), NO_PASSWORD, chain.toArray(X509Certificate[]::new));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, NO_PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return new Loaded(pair, context);
    } catch (GeneralSecurityException | RuntimeException e) {
      throw new IOException(
          files.certificate()
              + " and "
              + files.key()
              + " cannot be used: expected a PEM certificate and its PEM private key without a"
              + " password: "
              + e.getMessage(),
          e);
    }
  }

  private static boolean belong(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    if (!key.getAlgorithm().equals(certificate.getPublicKey().getAlgorithm())) {
      return false;
    }
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(PROOF);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(PROOF);
    return signature.verify(signed);
  }
}
