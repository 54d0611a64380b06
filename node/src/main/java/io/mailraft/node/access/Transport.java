package io.mailraft.node.access;

/** How a client came. The names are what the user's application is told. */
public enum Transport {
  /** By SMTP. */
  SMTP,
  /** By HTTP. */
  HTTP
}
