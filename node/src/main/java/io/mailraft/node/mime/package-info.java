/**
 * Messages made of fields, as Nodemailer's users know them, and header sections taken apart.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.mime.LetterReader} reads the JSON of a message, {@link
 * io.mailraft.node.mime.Letter} is what it said, with its envelope, and writes the message: header
 * fields by {@code HeaderBlock}, the tree of parts by {@code Composer} with Angus Mail. {@link
 * io.mailraft.node.mime.HeaderLines} and {@link io.mailraft.node.mime.AddressList} read the headers
 * of messages that others made.
 *
 * <h2>Invariants</h2>
 *
 * No value becomes anything but the value of its field: {@code HeaderText} refuses what could end a
 * line, and {@code HeaderBlock} checks once more what was made of it. Nothing is read from files or
 * from the network: {@code path} and {@code href} are refused. Content is streamed, whatever its
 * size, and the addresses of a message are bounded by {@link io.mailraft.node.mime.AddressLimit}
 * (I9).
 *
 * <h2>Threads</h2>
 *
 * Everything here belongs to one thread at a time.
 *
 * <h2>Failure</h2>
 *
 * {@link io.mailraft.node.json.InputException} names the field that cannot be used by its JSON
 * path.
 *
 * <h2>Security</h2>
 *
 * Boundaries are random, so that no content can hold them on purpose. Addresses are refused rather
 * than mended. Text goes into headers as it was typed: what looks like an encoded word is encoded.
 *
 * <h2>Known limits</h2>
 *
 * Types of files are guessed from a short list of extensions. Content of the type {@code message/*}
 * is passed on as it is, in 8 bits where it needs them. A Date in the future does not delay.
 */
@NullMarked
package io.mailraft.node.mime;

import org.jspecify.annotations.NullMarked;
