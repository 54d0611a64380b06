package io.mailraft.node.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mailraft.config.ListenerAuth;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients written by others say who they are, under TLS. Each is skipped where it is missing. */
@Execution(ExecutionMode.CONCURRENT)
class AuthClientsTest {
  private static final ListenerAuth REQUIRED = new ListenerAuth(true, false);
  private static final Path NOTHING = Path.of("/dev/null");

  @TempDir private Path directory;
  private AccessRun run;

  @BeforeEach
  void open() throws Exception {
    run = new AccessRun(directory).withUsers().withTls();
  }

  @AfterEach
  void close() throws Exception {
    run.close();
  }

  private Listener listener(boolean implicit) throws IOException {
    return run.listen(REQUIRED, settings -> settings.implicitTls = implicit);
  }

  private static String address(Listener listener) {
    return "127.0.0.1:" + listener.door.address().getPort();
  }

  private record Ran(int status, String output) {}

  private Ran run(Path input, String... command) throws IOException, InterruptedException {
    Path printed = directory.resolve("printed");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(input.toFile())
            .redirectOutput(printed.toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(command[0] + " did not end");
    }
    return new Ran(process.exitValue(), Files.readString(printed, StandardCharsets.ISO_8859_1));
  }

  private void assumeWorks(String... probe) throws InterruptedException {
    boolean works;
    try {
      works = run(NOTHING, probe).status() == 0;
    } catch (IOException e) {
      works = false;
    }
    assumeTrue(works, String.join(" ", probe) + " does not work here");
  }

  private Path mail() throws IOException {
    return Files.writeString(
        directory.resolve("mail"), "From: a@example.com\r\nSubject: x\r\n\r\nbody\r\n");
  }

  private static void assertTaken(Listener listener, String protocol) {
    var envelope = listener.uploads.stored.getLast().envelope();
    assertThat(envelope.getUser()).isEqualTo("alice");
    assertThat(envelope.getProtocol()).isEqualTo(protocol);
    assertThat(envelope.getTls()).startsWith("version=TLSv1.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN --tls", "LOGIN --tls", "PLAIN --tls-on-connect", "LOGIN --tlsc"})
  void swaks_says_who_it_is(String how) throws Exception {
    assumeWorks("swaks", "--version");
    assumeWorks("perl", "-e", "use Net::SSLeay;");
    Listener listener = listener(how.contains("tls-on-connect") || how.contains("tlsc"));
    String[] words = how.split(" ", -1);
    Ran ran =
        run(
            NOTHING,
            "swaks",
            "--server",
            address(listener),
            "--from",
            "a@example.com",
            "--to",
            "b@example.net",
            "--auth",
            words[0],
            "--auth-user",
            "alice",
            "--auth-password",
            AccessRun.PASSWORD,
            words[1]);
    assertThat(ran.status()).as(ran.output()).isZero();
    assertTaken(listener, "ESMTPSA");
  }

  @Test
  void swaks_is_not_let_in_with_a_wrong_password_or_in_the_clear() throws Exception {
    assumeWorks("swaks", "--version");
    assumeWorks("perl", "-e", "use Net::SSLeay;");
    Listener listener = listener(false);
    for (List<String> wrong :
        List.of(
            List.of("--tls", "--auth", "PLAIN", "--auth-user", "alice", "--auth-password", "no"),
            List.of("--auth", "PLAIN", "--auth-user", "alice", "--auth-password", "s3cret"),
            List.of("--tls"))) {
      List<String> command =
          new java.util.ArrayList<>(
              List.of(
                  "swaks",
                  "--server",
                  address(listener),
                  "--from",
                  "a@example.com",
                  "--to",
                  "b@example.net"));
      command.addAll(wrong);
      assertThat(run(NOTHING, command.toArray(String[]::new)).status()).isNotZero();
    }
    assertThat(listener.uploads.stored).isEmpty();
  }

  @Test
  void python_checks_the_certificate_and_says_who_it_is() throws Exception {
    assumeWorks("python3", "-c", "import smtplib, ssl");
    Path script = directory.resolve("send.py");
    Files.writeString(
        script,
        """
        import smtplib, ssl, sys
        context = ssl.create_default_context(cafile=sys.argv[2])
        context.minimum_version = ssl.TLSVersion[sys.argv[4]]
        context.maximum_version = ssl.TLSVersion[sys.argv[4]]
        if sys.argv[3] == 'implicit':
            s = smtplib.SMTP_SSL('127.0.0.1', int(sys.argv[1]), context=context)
        else:
            s = smtplib.SMTP('127.0.0.1', int(sys.argv[1]))
            s.starttls(context=context)
        s.ehlo()
        code, text = s.docmd('AUTH', 'PLAIN AGFsaWNlAHdyb25n')
        assert code == 535, text
        s.user, s.password = 'alice', 's3cret'
        if sys.argv[3] == 'implicit':
            s.auth('LOGIN', s.auth_login)
        else:
            s.auth('PLAIN', s.auth_plain, initial_response_ok=False)
        s.sendmail('a@example.com', ['b@example.net'], 'Subject: x\\r\\n\\r\\nbody\\r\\n')
        s.quit()
        """);
    for (String how : List.of("starttls", "implicit")) {
      Listener listener = listener(how.equals("implicit"));
      for (String version : List.of("TLSv1_2", "TLSv1_3")) {
        Ran ran =
            run(
                NOTHING,
                "python3",
                script.toString(),
                Integer.toString(listener.door.address().getPort()),
                run.certificate.orElseThrow().authority().toString(),
                how,
                version);
        assertThat(ran.status()).as(ran.output()).isZero();
        assertTaken(listener, "ESMTPSA");
        assertThat(listener.uploads.stored.getLast().envelope().getTls())
            .startsWith("version=" + version.replace('_', '.') + " ");
      }
    }
  }

  @Test
  void curl_checks_the_certificate_and_says_who_it_is() throws Exception {
    assumeWorks("curl", "--version");
    for (boolean implicit : new boolean[] {true, false}) {
      Listener listener = listener(implicit);
      Ran ran =
          run(
              NOTHING,
              "curl",
              "-sS",
              "--noproxy",
              "*",
              "--ssl-reqd",
              "--cacert",
              run.certificate.orElseThrow().authority().toString(),
              "-u",
              "alice:" + AccessRun.PASSWORD,
              (implicit ? "smtps://" : "smtp://") + address(listener),
              "--mail-from",
              "a@example.com",
              "--mail-rcpt",
              "b@example.net",
              "-T",
              mail().toString());
      assertThat(ran.status()).as(ran.output()).isZero();
      assertTaken(listener, "ESMTPSA");
    }
  }

  @Test
  void openssl_finds_the_certificate_in_order() throws Exception {
    assumeWorks("openssl", "version");
    Listener listener = listener(false);
    Path input = Files.writeString(directory.resolve("quit"), "QUIT\r\n");
    Ran ran =
        run(
            input,
            "openssl",
            "s_client",
            "-starttls",
            "smtp",
            "-connect",
            address(listener),
            "-CAfile",
            run.certificate.orElseThrow().authority().toString(),
            "-verify_return_error",
            "-verify_ip",
            "127.0.0.1");
    assertThat(ran.output()).contains("Verify return code: 0 (ok)");
    assertThat(ran.status()).as(ran.output()).isZero();
  }

  @Test
  void nodemailer_says_who_it_is() throws Exception {
    assumeWorks("node", "-e", "require('nodemailer')");
    for (boolean implicit : new boolean[] {true, false}) {
      Listener listener = listener(implicit);
      Ran ran =
          run(
              NOTHING,
              "node",
              "-e",
              "require('nodemailer').createTransport({host: '127.0.0.1', port: "
                  + listener.door.address().getPort()
                  + ", secure: "
                  + implicit
                  + ", requireTLS: true, auth: {user: 'alice', pass: 's3cret'},"
                  + " tls: {ca: require('fs').readFileSync(process.argv[1])}})"
                  + ".sendMail({from: 'a@example.com', to: 'b@example.net', text: 'x'})"
                  + ".catch(e => { console.error(e); process.exit(1); })",
              run.certificate.orElseThrow().authority().toString());
      assertThat(ran.status()).as(ran.output()).isZero();
      assertTaken(listener, "ESMTPSA");
    }
  }
}
