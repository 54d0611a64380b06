/**
 * What the front doors do to a message and its envelope on the way in.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.message.HeaderSection} reads the header fields as the content streams by,
 * takes out what must not leave (Bcc, X-Sending-Zone), adds Message-ID and Date where they are
 * missing, and hands out what routing wants to know as {@link
 * io.mailraft.node.message.HeaderFacts}. {@link io.mailraft.node.message.BodyHash} hashes the body
 * meanwhile, for a signature that is made when the message is sent. {@link
 * io.mailraft.node.message.SmtpPath} reads the addresses of an envelope.
 *
 * <h2>Invariants</h2>
 *
 * Fields that stay are passed on byte for byte and in order. What is added stands at the end of the
 * section. A section always ends with an empty line, whatever came in.
 *
 * <h2>Threads</h2>
 *
 * A header section belongs to one thread at a time. Facts are immutable.
 *
 * <h2>Failure</h2>
 *
 * Nothing here throws because of what a message holds: a section that is too large says so, a
 * malformed one ends where the first line stands that is no header field.
 *
 * <h2>Security</h2>
 *
 * Memory is bounded by the limit given to each section. Values that go into added fields are
 * checked first.
 *
 * <h2>Known limits</h2>
 *
 * Lines must end in CRLF; whoever feeds a section sees to that. Only the first mailbox of a From
 * field is looked at. RFC 2047 words are not decoded.
 */
@NullMarked
package io.mailraft.node.message;

import org.jspecify.annotations.NullMarked;
