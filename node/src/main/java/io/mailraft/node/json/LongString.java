package io.mailraft.node.json;

import java.util.Optional;

/**
 * A string that was taken out of a JSON text.
 *
 * @param offset where it begins in the spool file
 * @param bytes its length as UTF-8
 * @param fault what is wrong with it, told once it is known which field it is
 */
record LongString(long offset, long bytes, Optional<String> fault) {}
