/**
 * JSON that comes in from outside, of any size.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.json.JsonReader} reads a JSON document token by token (Jackson) and says
 * of each value where it stands, as in {@code attachments[0].content}. {@code LongStrings} stands
 * before the parser and takes long strings out of the text as it streams by, since Jackson would
 * hold each of them in memory; {@link io.mailraft.node.json.Text} is a string value, wherever it
 * is.
 *
 * <h2>Invariants</h2>
 *
 * Only UTF-8 passes (RFC 8259 8.1): no other encoding, no overlong form, no surrogate, no NUL. A
 * field stands once in its object. What a document keeps in memory is bounded, whatever it holds:
 * its short strings, its structure, and those long strings that are asked for as a whole (I9).
 *
 * <h2>Threads</h2>
 *
 * A reader and its texts belong to one thread at a time.
 *
 * <h2>Failure</h2>
 *
 * {@link io.mailraft.node.json.InputException} says what is wrong and where; every other {@link
 * java.io.IOException} is trouble of ours or of the connection.
 *
 * <h2>Security</h2>
 *
 * Depth, names, numbers, strings and the sum of what is kept are bounded. Names of fields are never
 * interned. What is told to the client of its own input is shortened and free of control
 * characters.
 *
 * <h2>Known limits</h2>
 *
 * Numbers beyond a double's exactness are not told from their neighbours.
 */
@NullMarked
package io.mailraft.node.json;

import org.jspecify.annotations.NullMarked;
