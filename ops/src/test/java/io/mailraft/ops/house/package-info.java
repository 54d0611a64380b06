/** Tests of the house itself: who may know whom, and what reviewers tire of. */
@NullMarked
package io.mailraft.ops.house;

import org.jspecify.annotations.NullMarked;
