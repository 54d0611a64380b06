package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.api.member.Storage;
import io.mailraft.queue.store.DamagedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which storage of a node the others take for its own. */
class MembershipTest {
  private static final Storage FIRST = storage(1, 0);
  private static final Storage SECOND = storage(2, 0);

  @TempDir Path directory;

  private Membership membership;

  private static Storage storage(long number, long generation) {
    return Storage.newBuilder().setNumber(number).setGeneration(generation).build();
  }

  @BeforeEach
  void open() throws Exception {
    membership = Membership.open(directory);
    assertThat(membership.meet("n2", FIRST)).isTrue();
  }

  @Test
  void aStorageIsKnownByItsNumberAndAnotherOfItsGenerationIsRefused() throws Exception {
    assertThat(membership.meet("n2", FIRST)).isTrue();
    assertThat(membership.meet("n2", SECOND)).isFalse();
    assertThat(membership.peers()).containsEntry("n2", FIRST);
  }

  @Test
  void aRejoinRaisesTheGenerationOnceHoweverOftenItAsks() throws Exception {
    assertThat(membership.replace("n2", SECOND)).isEqualTo(storage(2, 1));
    assertThat(membership.replace("n2", SECOND)).isEqualTo(storage(2, 1));
    assertThat(membership.meet("n2", storage(2, 1))).isTrue();
    assertThat(membership.meet("n2", FIRST)).as("the one that was replaced").isFalse();
    assertThat(membership.replace("n2", storage(3, 0))).isEqualTo(storage(3, 2));
    assertThat(membership.replace("n9", storage(4, 0)).getGeneration()).isPositive();
  }

  @Test
  void whoWasAwayDuringARejoinTakesTheHigherGeneration() throws Exception {
    assertThat(membership.meet("n2", storage(2, 1))).isTrue();
    assertThat(membership.peers()).containsEntry("n2", storage(2, 1));
    assertThat(membership.meet("n2", FIRST)).isFalse();
  }

  @Test
  void whatIsKnownOutlivesAStart() throws Exception {
    membership.meet("n3", storage(Long.MIN_VALUE, 7));
    membership.raise(4);
    membership.raise(3);
    membership.opened(Set.of("control"));
    membership.become(Membership.State.MEMBER);
    Membership again = Membership.open(directory);
    assertThat(again.peers()).isEqualTo(membership.peers()).hasSize(2);
    assertThat(again.storage()).isEqualTo(membership.storage());
    assertThat(again.storage().getGeneration()).isEqualTo(4);
    assertThat(again.groups()).containsExactly("control");
    assertThat(again.state()).isEqualTo(Membership.State.MEMBER);
  }

  @Test
  void everyFlippedBitIsFoundAndARejoinGoesOnAllTheSame() throws Exception {
    Path file = directory.resolve(Membership.NAME);
    byte[] good = Files.readAllBytes(file);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, bad);
      assertThatThrownBy(() -> Membership.open(directory))
          .as("bit %s", bit)
          .isInstanceOf(DamagedException.class);
    }
    assertThat(RaftRejoin.moveAside(directory)).isPresent();
    assertThat(Membership.open(directory).state()).isEqualTo(Membership.State.REJOINING);
  }
}
