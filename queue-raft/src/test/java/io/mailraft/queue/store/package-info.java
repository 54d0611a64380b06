/** Tests of the stores. */
@NullMarked
package io.mailraft.queue.store;

import org.jspecify.annotations.NullMarked;
