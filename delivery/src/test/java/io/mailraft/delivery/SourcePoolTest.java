package io.mailraft.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mailraft.config.PoolSource;
import io.mailraft.config.ZonePool.Ipv6;
import io.mailraft.config.ZonePool.PoolHash;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SourcePoolTest {
  private static ZonePlan plan(Ipv6 ipv6, String... sources) {
    return Rig.plan(Rig.pooled(Rig.zone(Optional.empty(), 25, 10), ipv6, PoolHash.NONE, sources));
  }

  private static SourcePool pool(Ipv6 ipv6, String... sources) {
    return new SourcePool(plan(ipv6, sources), "mx.example", "own");
  }

  private static Source draw(SourcePool pool) {
    return pool.draw(source -> true).orElseThrow();
  }

  @Test
  void connections_that_are_open_together_are_shared_by_weight() {
    SourcePool pool = pool(Ipv6.AUTO, "192.0.2.1*3", "192.0.2.2");
    for (int i = 0; i < 40; i++) {
      draw(pool).connections++;
    }
    assertThat(pool.sources()).extracting(source -> source.connections).containsExactly(30, 10);
  }

  @Test
  void connections_one_after_the_other_are_shared_by_weight_over_time() {
    SourcePool pool = pool(Ipv6.AUTO, "192.0.2.1*3", "192.0.2.2");
    Map<String, Integer> drawn = new HashMap<>();
    for (int i = 0; i < 10_000; i++) {
      drawn.merge(draw(pool).text(), 1, Integer::sum);
    }
    assertThat((double) drawn.getOrDefault("192.0.2.1", 0)).isCloseTo(7500, within(300.0));
  }

  @Test
  void only_usable_sources_are_drawn() {
    SourcePool pool = pool(Ipv6.AUTO, "192.0.2.1*1000", "192.0.2.2");
    for (int i = 0; i < 100; i++) {
      assertThat(pool.draw(source -> source.text().endsWith("2")).orElseThrow().text())
          .isEqualTo("192.0.2.2");
    }
    assertThat(pool.draw(source -> false)).isEmpty();
  }

  @Test
  void ipv6_is_used_beside_first_or_never() {
    String[] both = {"192.0.2.1", "2001:db8::1"};
    SourcePool auto = pool(Ipv6.AUTO, both);
    SourcePool prefer = pool(Ipv6.PREFER, both);
    Map<Boolean, Integer> ipv4 = new HashMap<>();
    for (int i = 0; i < 1000; i++) {
      ipv4.merge(draw(auto).ipv4(), 1, Integer::sum);
      assertThat(draw(prefer).ipv4()).isFalse();
    }
    assertThat(ipv4.getOrDefault(true, 0)).isBetween(400, 600);
    assertThat(prefer.draw(Source::ipv4).orElseThrow().ipv4()).isTrue();
    assertThat(pool(Ipv6.NEVER, both).sources())
        .extracting(Source::text)
        .containsExactly("192.0.2.1");
    assertThat(pool(Ipv6.NEVER, "2001:db8::1").sources()).isEmpty();
  }

  @Test
  void a_key_keeps_its_source_and_moves_only_with_it() {
    String[] four = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"};
    SourcePool all = pool(Ipv6.AUTO, four);
    SourcePool less = pool(Ipv6.AUTO, "192.0.2.1", "192.0.2.2", "192.0.2.4");
    Map<String, Integer> drawn = new HashMap<>();
    int keys = 4000;
    for (int i = 0; i < keys; i++) {
      List<String> before = all.ranked("key" + i).stream().map(Source::text).toList();
      List<String> after = less.ranked("key" + i).stream().map(Source::text).toList();
      assertThat(after)
          .containsExactlyElementsOf(before.stream().filter(one -> !one.endsWith("3")).toList());
      drawn.merge(before.getFirst(), 1, Integer::sum);
    }
    assertThat(drawn.values()).hasSize(4).allMatch(count -> Math.abs(count - keys / 4) < 150);
  }

  @Test
  void keys_are_shared_by_weight() {
    SourcePool pool = pool(Ipv6.AUTO, "192.0.2.1*3", "192.0.2.2");
    int first = 0;
    for (int i = 0; i < 10_000; i++) {
      first += pool.ranked("k" + i).getFirst().text().equals("192.0.2.1") ? 1 : 0;
    }
    assertThat((double) first).isCloseTo(7500, within(300.0));
  }

  @Test
  void sources_that_stay_in_the_plan_are_the_same_objects() {
    SourcePool pool = pool(Ipv6.AUTO, "192.0.2.1", "192.0.2.2");
    Source first = pool.sources().get(0);
    Source second = pool.sources().get(1);
    pool.follow(plan(Ipv6.AUTO, "192.0.2.1*5", "192.0.2.3"));
    assertThat(pool.sources().get(0)).isSameAs(first);
    assertThat(first.weight()).isEqualTo(5);
    assertThat(first.retired).isFalse();
    assertThat(second.retired).isTrue();
    pool.follow(plan(Ipv6.AUTO));
    assertThat(pool.sources()).singleElement().matches(Source::own);
    assertThat(first.retired).isTrue();
  }

  @Test
  void a_zone_with_a_pool_of_which_this_node_owns_nothing_has_no_source() {
    ZonePlan whole = plan(Ipv6.AUTO, "192.0.2.1");
    ZonePlan none =
        new ZonePlan(
            whole.config(),
            0,
            List.of(),
            whole.throttles(),
            whole.shares(),
            whole.blocklistPause());
    assertThat(new SourcePool(none, "mx.example", "own").sources()).isEmpty();
  }

  private static SourcePool part(ZonePlan whole, int from, int to) {
    List<PoolSource> all = whole.sources();
    List<PoolSource> own = all.subList(from, to);
    return new SourcePool(
        new ZonePlan(
            whole.config(),
            10,
            own,
            all.stream().filter(source -> !own.contains(source)).toList(),
            whole.throttles(),
            whole.shares(),
            whole.blocklistPause()),
        "mx.example",
        "own");
  }

  @Test
  void nodes_agree_on_the_source_that_a_key_prefers() {
    ZonePlan whole = plan(Ipv6.AUTO, "192.0.2.1*3", "192.0.2.2", "192.0.2.3");
    SourcePool all = new SourcePool(whole, "mx.example", "own");
    SourcePool one = part(whole, 0, 1);
    SourcePool two = part(whole, 1, 3);
    for (int i = 0; i < 100; i++) {
      String key = "k" + i;
      Source first = all.ranked(key).getFirst();
      boolean owned = first.text().equals("192.0.2.1");
      assertThat(one.preferredElsewhere(key).map(Source::text))
          .isEqualTo(owned ? Optional.empty() : Optional.of(first.text()));
      assertThat(two.preferredElsewhere(key).map(Source::text))
          .isEqualTo(owned ? Optional.of(first.text()) : Optional.empty());
    }
    assertThat(all.preferredElsewhere("k")).isEmpty();
    assertThat(one.hasElsewhere()).isTrue();
    assertThat(all.hasElsewhere()).isFalse();
    assertThat(one.namedElsewhere("192.0.2.3")).isPresent();
    assertThat(one.namedElsewhere("192.0.2.1")).isEmpty();
  }
}
