package io.mailraft.testkit;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A self-signed certificate, made afresh, for a sink that offers STARTTLS.
 *
 * <p>The JDK has no public means to make one but its keytool program; the few fields of X.509
 * version 1 (RFC 5280 4.1) are written here as DER.
 */
public final class TestCertificate {
  private static final char[] NO_PASSWORD = {};
  private static final int INTEGER = 0x02;
  private static final int BIT_STRING = 0x03;
  private static final int UTF8_STRING = 0x0c;
  private static final int GENERALIZED_TIME = 0x18;
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final byte[] COMMON_NAME = HexFormat.of().parseHex("0603550403");
  private static final byte[] ECDSA_WITH_SHA256 =
      HexFormat.of().parseHex("300a06082a8648ce3d040302");

  private TestCertificate() {}

  /**
   * A server's TLS context whose certificate names the host and is signed by itself.
   *
   * @throws IOException if the JDK lacks what it takes
   */
  public static SSLContext selfSigned(String host) throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      KeyPair pair = generator.generateKeyPair();
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, NO_PASSWORD);
      store.setKeyEntry(
          "sink", pair.getPrivate(), NO_PASSWORD, new Certificate[] {certificate(host, pair)});
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, NO_PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("no certificate", e);
    }
  }

  private static Certificate certificate(String host, KeyPair pair)
      throws GeneralSecurityException {
    byte[] name =
        der(
            SEQUENCE,
            der(
                SET,
                der(
                    SEQUENCE,
                    COMMON_NAME,
                    der(UTF8_STRING, host.getBytes(StandardCharsets.UTF_8)))));
    byte[] validity =
        der(
            SEQUENCE,
            der(GENERALIZED_TIME, ascii("20000101000000Z")),
            der(GENERALIZED_TIME, ascii("20991231235959Z")));
    byte[] facts =
        der(
            SEQUENCE,
            der(INTEGER, new byte[] {1}),
            ECDSA_WITH_SHA256,
            name,
            validity,
            name,
            pair.getPublic().getEncoded());
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(pair.getPrivate());
    signature.update(facts);
    byte[] signed =
        der(SEQUENCE, facts, ECDSA_WITH_SHA256, der(BIT_STRING, new byte[] {0}, signature.sign()));
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(signed));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream inner = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      inner.writeBytes(part);
    }
    ByteArrayOutputStream outer = new ByteArrayOutputStream();
    outer.write(tag);
    int length = inner.size();
    if (length > 0xff) {
      outer.write(0x82);
      outer.write(length >> 8);
    } else if (length > 0x7f) {
      outer.write(0x81);
    }
    outer.write(length & 0xff);
    outer.writeBytes(inner.toByteArray());
    return outer.toByteArray();
  }
}
