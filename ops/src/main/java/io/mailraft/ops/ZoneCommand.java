package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.OrderZoneRequest;
import io.mailraft.api.admin.OrderZoneResponse;
import io.mailraft.api.admin.Suspension;
import io.mailraft.api.admin.ZoneOrder;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Suspends and resumes zones. */
@Command(
    name = "zone",
    description = "Suspends and resumes zones; \"mailraft status\" lists what is suspended.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND")
final class ZoneCommand {
  @Spec private CommandSpec spec = CommandSpec.create();

  private ZoneCommand() {}

  @Command(
      name = "suspend",
      description = {
        "Has nobody deliver for a zone, on any node and through restarts, until it is resumed. Its"
            + " queued mail waits, and the router passes it over. Attempts that have begun end.",
        "Ends with 0, also where the zone is suspended already; 1 if there is no such zone, 3 if"
            + " the node cannot be reached."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  int suspend(
      @Parameters(paramLabel = "ZONE", description = "The zone's name.") String zone,
      @Mixin OrderOptions options)
      throws UnreachableException, InvalidProtocolBufferException {
    return order(ZoneOrder.ZONE_SUSPEND, zone, options);
  }

  @Command(
      name = "resume",
      description = {
        "Ends the suspension of a zone.",
        "Ends with 0, also where the zone is not suspended; 1 if there is no such zone, 3 if the"
            + " node cannot be reached."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  int resume(
      @Parameters(paramLabel = "ZONE", description = "The zone's name.") String zone,
      @Mixin OrderOptions options)
      throws UnreachableException, InvalidProtocolBufferException {
    return order(ZoneOrder.ZONE_RESUME, zone, options);
  }

  private int order(ZoneOrder order, String zone, OrderOptions options)
      throws UnreachableException, InvalidProtocolBufferException {
    OrderZoneResponse response;
    try (AdminClient client = options.server().client()) {
      response =
          client.orderZone(
              OrderZoneRequest.newBuilder()
                  .setOrder(order)
                  .setZone(zone)
                  .setAuthor(options.author())
                  .setReason(options.reason())
                  .build(),
              options.server().timeout());
    } catch (RefusedException e) {
      return ChangeOptions.refused(e, spec);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.server().json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(response));
    } else {
      out.println(Text.printable(words(order, zone, response)));
    }
    return 0;
  }

  private static String words(ZoneOrder order, String zone, OrderZoneResponse response) {
    String suspension = response.hasSuspension() ? ": " + words(response.getSuspension()) : "";
    if (order == ZoneOrder.ZONE_SUSPEND) {
      return "The zone "
          + zone
          + (response.getChanged() ? " is suspended" : " was suspended already")
          + suspension;
    }
    return response.getChanged()
        ? "The zone " + zone + " is resumed; it was suspended" + suspension
        : "The zone " + zone + " was not suspended.";
  }

  /** A suspension in words. */
  static String words(Suspension suspension) {
    return "by %s since %s: %s"
        .formatted(
            suspension.getAuthor(),
            Instant.ofEpochMilli(suspension.getSinceMillis()).truncatedTo(ChronoUnit.SECONDS),
            suspension.getReason());
  }
}
