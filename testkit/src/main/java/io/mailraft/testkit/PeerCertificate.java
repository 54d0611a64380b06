package io.mailraft.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What the nodes of a cluster know each other by: an authority and one certificate for all their
 * addresses, made with the JDK's keytool. Valid from long ago, so that clocks may jump.
 *
 * @param certificate PEM file of the nodes' certificate
 * @param key PEM file of its key
 * @param authority PEM file of who signed it
 */
public record PeerCertificate(Path certificate, Path key, Path authority) {
  private static final String PASSWORD = "example-password";

  /**
   * Makes it in a directory.
   *
   * @param addresses IP addresses of all nodes
   */
  public static PeerCertificate make(Path directory, List<String> addresses) throws IOException {
    Files.createDirectories(directory);
    Path store = directory.resolve("store.p12");
    keytool(store, "-alias", "authority", "-dname", "CN=authority", "-ext", "bc:c");
    String names =
        addresses.stream().map(address -> "ip:" + address).collect(Collectors.joining(","));
    keytool(
        store,
        "-alias",
        "node",
        "-dname",
        "CN=node",
        "-signer",
        "authority",
        "-ext",
        "san=" + names);
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
      Key key = keys.getKey("node", PASSWORD.toCharArray());
      return new PeerCertificate(
          pem(directory, "node.crt", "CERTIFICATE", keys.getCertificate("node").getEncoded()),
          pem(directory, "node.key", "PRIVATE KEY", key.getEncoded()),
          pem(directory, "ca.crt", "CERTIFICATE", keys.getCertificate("authority").getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IOException("no certificate in " + store, e);
    }
  }

  private static void keytool(Path store, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-keyalg", "EC", "-startdate", "-1y", "-validity"));
    command.addAll(List.of("3650", "-storepass", PASSWORD, "-keystore", store.toString()));
    command.addAll(List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), US_ASCII);
    try {
      if (process.waitFor() != 0) {
        throw new IOException("keytool: " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted during keytool");
    }
  }

  private static Path pem(Path directory, String name, String kind, byte[] content)
      throws IOException {
    String text =
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(
                kind, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content), kind);
    return Files.writeString(directory.resolve(name), text);
  }
}
