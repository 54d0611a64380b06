package io.mailraft.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Who may hand in mail, and what the user's own application has to say of it. Asked by every
 * listener whose {@code auth} wants it.
 *
 * @param usersFile accounts with hashes of their passwords; asked first
 * @param auth application that is asked about accounts that the file does not have
 * @param config application that is asked about each message
 * @param remember time for which an account that was let in is let in again without a check
 * @param failuresPerAddress most failed attempts of one client address within the window
 * @param failuresPerAccount most failed attempts on one account within the window
 * @param failuresWithin the window
 * @param checksAtOnce most password hashes that are computed at a time
 */
public record AccessConfig(
    Optional<Path> usersFile,
    Optional<HookConfig> auth,
    Optional<HookConfig> config,
    Duration remember,
    int failuresPerAddress,
    int failuresPerAccount,
    Duration failuresWithin,
    int checksAtOnce) {

  /** Whether anybody can say who a client is. */
  public boolean knowsAccounts() {
    return usersFile.isPresent() || auth.isPresent();
  }
}
