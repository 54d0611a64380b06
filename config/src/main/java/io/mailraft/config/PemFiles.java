package io.mailraft.config;

import java.nio.file.Path;

/**
 * PEM files by which a listener proves its name; read again when they change.
 *
 * @param certificate the certificate and those that lead to its authority
 * @param key its private key
 */
public record PemFiles(Path certificate, Path key) {}
