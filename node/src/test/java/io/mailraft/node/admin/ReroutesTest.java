package io.mailraft.node.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mailraft.node.admin.Reroutes.HeldMailException;
import io.mailraft.queue.shard.Depth;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReroutesTest {
  private static final Depth SOME = new Depth(12, 3, 4, 1);
  private static final Map<String, String> NONE = Map.of();
  private static final Map<String, Depth> EMPTY = Map.of();

  private static Reroutes reroutes(
      Map<String, String> asked, Set<String> before, Set<String> after, Map<String, Depth> mail) {
    return new Reroutes(asked, before, after, mail);
  }

  private static void assertHeld(Reroutes reroutes, Map<String, String> standing, String message) {
    assertThatExceptionOfType(HeldMailException.class)
        .isThrownBy(() -> reroutes.after(standing))
        .withMessage(message);
  }

  @Test
  void aZoneWithoutMailMayGo() throws HeldMailException {
    assertThat(reroutes(NONE, Set.of("default", "news"), Set.of("default"), EMPTY).after(NONE))
        .isEmpty();
    assertThat(
            reroutes(
                    NONE,
                    Set.of("default", "news"),
                    Set.of("default"),
                    Map.of("news", Depth.ZERO, "default", SOME))
                .after(NONE))
        .isEmpty();
  }

  @Test
  void everyZoneThatWouldGoWithItsMailIsNamedWithItsCounts() {
    assertHeld(
        reroutes(
            NONE,
            Set.of("default", "news", "bulk", "gone"),
            Set.of("default"),
            Map.of("news", SOME, "bulk", new Depth(0, 0, 0, 1), "default", SOME)),
        NONE,
        "the zone bulk holds 0 queued, 0 claimed, 0 deferred, 1 held; the zone news holds 12 queued,"
            + " 3 claimed, 4 deferred, 1 held: let it be delivered first, or say which zone takes it"
            + " (--reroute-to ZONE)");
  }

  @Test
  void oneOrderMayStandForAllZonesThatGoEmptyOnesToo() throws HeldMailException {
    assertThat(
            reroutes(
                    Map.of("*", "default"),
                    Set.of("default", "news", "bulk", "eu"),
                    Set.of("default", "eu"),
                    Map.of("news", SOME, "eu", SOME))
                .after(NONE))
        .isEqualTo(Map.of("news", "default", "bulk", "default"));
    assertThat(
            reroutes(
                    Map.of("*", "default", "bulk", "eu"),
                    Set.of("default", "news", "bulk", "eu"),
                    Set.of("default", "eu"),
                    EMPTY)
                .after(NONE))
        .isEqualTo(Map.of("news", "default", "bulk", "eu"));
  }

  @Test
  void anOrderForOneZoneLeavesTheOthersRefused() {
    assertHeld(
        reroutes(
            Map.of("news", "default"),
            Set.of("default", "news", "bulk"),
            Set.of("default"),
            Map.of("news", SOME, "bulk", SOME)),
        NONE,
        "the zone bulk holds 12 queued, 3 claimed, 4 deferred, 1 held: let it be delivered first, or"
            + " say which zone takes it (--reroute-to ZONE)");
  }

  @Test
  void anOrderStandsUntilItsZoneExistsAgain() throws HeldMailException {
    Map<String, String> standing = Map.of("news", "bulk");
    Set<String> zones = Set.of("default", "bulk");
    assertThat(reroutes(NONE, zones, zones, Map.of("news", SOME)).after(standing))
        .isEqualTo(standing);
    assertThat(reroutes(NONE, zones, Set.of("default", "bulk", "news"), EMPTY).after(standing))
        .isEmpty();
  }

  @Test
  void anOrderMayBeReplaced() throws HeldMailException {
    Set<String> zones = Set.of("default", "bulk");
    assertThat(
            reroutes(Map.of("news", "default"), zones, zones, EMPTY).after(Map.of("news", "bulk")))
        .isEqualTo(Map.of("news", "default"));
    assertThat(reroutes(Map.of("*", "default"), zones, zones, EMPTY).after(Map.of("news", "bulk")))
        .isEqualTo(Map.of("news", "bulk"));
  }

  @Test
  void whereTheZoneThatTakesMailGoesItselfItsOrderCountsForBoth() throws HeldMailException {
    Set<String> before = Set.of("default", "bulk");
    Set<String> after = Set.of("default");
    Map<String, String> standing = Map.of("news", "bulk");
    assertThat(reroutes(Map.of("bulk", "default"), before, after, EMPTY).after(standing))
        .isEqualTo(Map.of("news", "default", "bulk", "default"));
    assertHeld(
        reroutes(NONE, before, after, EMPTY),
        standing,
        "the mail of the zone news, which is gone, goes to the zone bulk: let it be delivered first,"
            + " or say which zone takes it (--reroute-to ZONE)");
  }

  @Test
  void mailThatWasLeftInAZoneThatIsGoneStopsNobodyAndCanBeTaken() throws HeldMailException {
    Set<String> zones = Set.of("default");
    assertThat(reroutes(NONE, zones, zones, Map.of("news", SOME)).after(NONE)).isEmpty();
    assertThat(reroutes(Map.of("*", "default"), zones, zones, Map.of("news", SOME)).after(NONE))
        .isEqualTo(Map.of("news", "default"));
    assertThat(reroutes(Map.of("news", "default"), zones, zones, Map.of("news", SOME)).after(NONE))
        .isEqualTo(Map.of("news", "default"));
  }

  @Test
  void anOrderThatMakesNoSenseIsRefused() {
    Set<String> zones = Set.of("default", "eu");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> reroutes(Map.of("*", "nowhere"), zones, Set.of("default"), EMPTY).after(NONE))
        .withMessage("mail cannot go to nowhere: the new document has no such zone");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> reroutes(Map.of("eu", "default"), zones, zones, EMPTY).after(NONE))
        .withMessage("the zone eu is in the new document and keeps its mail");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> reroutes(Map.of("ue", "default"), zones, zones, EMPTY).after(NONE))
        .withMessage("there is no zone ue to take mail from");
  }

  @Test
  void ordersAreBoundedByThoseOfZonesThatStillHoldMail() throws HeldMailException {
    Map<String, String> standing = new HashMap<>();
    for (int i = 0; i <= Reroutes.ORDERS_MAX; i++) {
      standing.put("gone" + i, "default");
    }
    Set<String> zones = Set.of("default");
    assertThat(reroutes(NONE, zones, zones, Map.of("gone7", SOME)).after(standing))
        .isEqualTo(Map.of("gone7", "default"));
    standing.remove("gone0");
    assertThat(reroutes(NONE, zones, zones, EMPTY).after(standing)).hasSize(Reroutes.ORDERS_MAX);
  }
}
