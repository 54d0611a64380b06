package io.mailraft.config;

import java.nio.file.Path;

/**
 * PEM files for mutual TLS between nodes.
 *
 * @param certificate certificate chain of this node
 * @param key private key of this node, PKCS #8
 * @param authority certificates of the authority that signed every node
 */
public record TlsFiles(Path certificate, Path key, Path authority) {}
