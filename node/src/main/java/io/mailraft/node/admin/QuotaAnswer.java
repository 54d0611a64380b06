package io.mailraft.node.admin;

import io.mailraft.api.admin.QuotaRequest;
import io.mailraft.api.admin.QuotaResponse;
import io.mailraft.config.ClusterSettings;
import io.mailraft.config.Quotas;
import io.mailraft.queue.Queue;
import io.mailraft.queue.control.Duties;
import io.mailraft.queue.quota.Counter;
import io.mailraft.queue.quota.QuotaTable;
import io.mailraft.queue.quota.QuotaUse;
import java.time.InstantSource;
import java.util.List;

/** The answer to {@code mailraft quota}: how far quotas are used, as this node's replica has it. */
final class QuotaAnswer {
  private static final int USES_MAX = 1000;
  private static final int NAME_CHARS_MAX = 256;

  private final Queue queue;
  private final InstantSource clock;

  QuotaAnswer(Queue queue, InstantSource clock) {
    this.queue = queue;
    this.clock = clock;
  }

  /**
   * Answers a request.
   *
   * @throws IllegalArgumentException if the name can be neither an account nor a domain
   */
  QuotaResponse answer(QuotaRequest request) {
    String name = request.getName();
    if (name.length() > NAME_CHARS_MAX || name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "an account or a sender domain has at most " + NAME_CHARS_MAX + " visible characters");
    }
    Quotas quotas =
        queue.duties().map(Duties::settings).map(ClusterSettings::quotas).orElse(Quotas.NONE);
    QuotaTable table = queue.control().quotas();
    long now = clock.millis();
    List<QuotaUse> uses =
        name.isEmpty()
            ? QuotaUse.all(table, quotas, now, USES_MAX + 1)
            : QuotaUse.of(table, quotas, name, now);
    QuotaResponse.Builder response =
        QuotaResponse.newBuilder().setNowMillis(now).setMore(uses.size() > USES_MAX);
    uses.stream()
        .limit(USES_MAX)
        .forEach(
            use ->
                response.addUses(
                    io.mailraft.api.admin.QuotaUse.newBuilder()
                        .setScope(Counter.word(use.counter().scope()))
                        .setName(use.counter().key())
                        .setUnit(Counter.word(use.counter().unit()))
                        .setPeriod(Counter.word(use.counter().period()))
                        .setLimit(use.limit())
                        .setUsed(use.used())
                        .setUntilMillis(use.untilMillis())));
    return response.build();
  }
}
