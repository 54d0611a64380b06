package io.mailraft.queue.raft;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.mailraft.config.TlsFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** An authority and a certificate of 127.0.0.1 that it signed, made with the JDK's keytool. */
final class TestCertificates {
  private static final String PASSWORD = "example-password";

  private TestCertificates() {}

  /** Makes them in a directory. */
  static TlsFiles make(Path directory) throws IOException, GeneralSecurityException {
    Files.createDirectories(directory);
    Path store = directory.resolve("store.p12");
    keytool(store, "-alias", "authority", "-dname", "CN=authority", "-ext", "bc:c");
    keytool(
        store,
        "-alias",
        "node",
        "-dname",
        "CN=node",
        "-signer",
        "authority",
        "-ext",
        "san=ip:127.0.0.1");
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    Key key = keys.getKey("node", PASSWORD.toCharArray());
    return new TlsFiles(
        pem(directory, "node.crt", "CERTIFICATE", keys.getCertificate("node").getEncoded()),
        pem(directory, "node.key", "PRIVATE KEY", key.getEncoded()),
        pem(directory, "ca.crt", "CERTIFICATE", keys.getCertificate("authority").getEncoded()));
  }

  private static void keytool(Path store, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-keyalg", "EC", "-validity", "2", "-storepass"));
    command.addAll(List.of(PASSWORD, "-keystore", store.toString()));
    command.addAll(List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), US_ASCII);
    try {
      if (process.waitFor() != 0) {
        throw new IOException("keytool: " + said);
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static Path pem(Path directory, String name, String kind, byte[] content)
      throws IOException {
    String text =
        "-----BEGIN "
            + kind
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
            + "\n-----END "
            + kind
            + "-----\n";
    return Files.writeString(directory.resolve(name), text);
  }
}
