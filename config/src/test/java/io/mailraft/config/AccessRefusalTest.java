package io.mailraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each refusal of settings that say who may come, with its exact line and message. */
final class AccessRefusalTest {

  private static final String NO_CALL =
      " is not an address of a call, like http://127.0.0.1:8000/auth";

  static Stream<Arguments> refusals() {
    return Stream.of(
        Arguments.of(
            "access: {user: x}",
            "f:1: access.user: unknown key; known here: usersFile, auth, config, remember,"
                + " failuresPerAddress, failuresPerAccount, failuresWithin, checksAtOnce"),
        Arguments.of(
            "access: {usersFile: \"\"}", "f:1: access.usersFile: is empty; expected a path"),
        Arguments.of(
            "access:\n  auth: {}",
            "f:2: access.auth.url: missing; give the address of the call, like"
                + " http://127.0.0.1:8000/x"),
        Arguments.of(
            "access: {auth: {url: \"ftp://a.example/\"}}",
            "f:1: access.auth.url: 'ftp://a.example/'" + NO_CALL),
        Arguments.of(
            "access: {config: {url: \"http://u:p@a.example/\"}}",
            "f:1: access.config.url: 'http://u:p@a.example/'" + NO_CALL),
        Arguments.of(
            "access: {config: {url: \"not one\"}}", "f:1: access.config.url: 'not one'" + NO_CALL),
        Arguments.of(
            "access: {auth: {url: \"http://a.example\", timeout: 61s}}",
            "f:1: access.auth.timeout: 61s is not in 100ms to 1m"),
        Arguments.of("access: {remember: 0s}", "f:1: access.remember: 0s is not in 1s to 1h"),
        Arguments.of(
            "access: {failuresPerAddress: 0}",
            "f:1: access.failuresPerAddress: 0 is not in 1 to 1000000"),
        Arguments.of(
            "access: {failuresPerAccount: 0}",
            "f:1: access.failuresPerAccount: 0 is not in 1 to 1000000"),
        Arguments.of(
            "access: {failuresWithin: 2d}", "f:1: access.failuresWithin: 2d is not in 1s to 1d"),
        Arguments.of(
            "access: {checksAtOnce: 65}", "f:1: access.checksAtOnce: 65 is not in 1 to 64"),
        Arguments.of(
            "smtp: {auth: {required: true}}",
            "f:1: smtp.auth.required: nobody can say who a client is; set access.usersFile or"
                + " access.auth.url"),
        Arguments.of(
            "smtp: {auth: {demanded: true}}",
            "f:1: smtp.auth.demanded: unknown key; known here: required, allowPlaintext"),
        Arguments.of(
            "access: {usersFile: u}\nsmtp: {listen: \"0.0.0.0:587\"}",
            "f:2: smtp.listen: 0.0.0.0:587 asks for passwords, which may not come in the clear; set"
                + " tls with certificate and key, or auth: { allowPlaintext: true }"),
        Arguments.of(
            "access: {usersFile: u}\nhttp: {listen: \"0.0.0.0:80\"}",
            "f:2: http.listen: 0.0.0.0:80 asks for passwords, which may not come in the clear; set"
                + " tls with certificate and key, or auth: { allowPlaintext: true }"),
        Arguments.of(
            "access: {usersFile: u}\nhttp: {listen: \"0.0.0.0:80\", auth: {required: false}}",
            "f:2: http.listen: 0.0.0.0:80 is beyond loopback and would serve everyone; set allow to"
                + " the client networks, like allow: [192.0.2.0/24], or require accounts:"
                + " access.usersFile or access.auth.url"),
        Arguments.of(
            "smtp: {tls: {implicit: true}}",
            "f:1: smtp.tls.certificate: missing; tls needs certificate and key\n"
                + "f:1: smtp.tls.key: missing; tls needs certificate and key"),
        Arguments.of(
            "http: {tls: {certificate: /nowhere/a, key: /nowhere/b}}",
            "f:1: http.tls.certificate: there is no file '/nowhere/a'; expected a PEM file\n"
                + "f:1: http.tls.key: there is no file '/nowhere/b'; expected a PEM file"),
        Arguments.of(
            "http: {tls: {certificate: /dev/null, key: /dev/null, implicit: true}}",
            "f:1: http.tls.certificate: '/dev/null' cannot be read; expected a PEM file that this"
                + " user may read\n"
                + "f:1: http.tls.key: '/dev/null' cannot be read; expected a PEM file that this"
                + " user may read\n"
                + "f:1: http.tls.implicit: unknown key; known here: certificate, key"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void aFileThatLetsInTheWrongOnesIsRefused(String yaml, String message) {
    ConfigException refused =
        catchThrowableOfType(ConfigException.class, () -> ConfigLoader.parse(yaml, "f"));
    assertThat(refused).isNotNull();
    assertThat(refused).hasMessage(message);
  }
}
