package io.mailraft.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.config.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The settings of Ratis. */
class RaftSettingsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "raft.server.log.async-flush.enabled=true",
        "raft.server.log.unsafe-flush.enabled=true",
        "raft.server.log.use.memory=TRUE",
        "raft.server.log.statemachine.data.caching.enabled=true",
        "raft.server.log.statemachine.data.sync=false",
        "raft.server.log.corruption.policy=WARN_AND_RETURN",
        "raft.server.leaderelection.pre-vote=false",
      })
  void i1_aSettingThatCouldLoseMailIsRefusedByName(String setting) {
    String key = setting.substring(0, setting.indexOf('='));
    String value = setting.substring(setting.indexOf('=') + 1);
    Properties system = new Properties();
    system.setProperty(key, value);
    RaftProperties raft = new RaftProperties();
    raft.set(key, value);

    assertThatThrownBy(() -> RaftSettings.refuseUnsafe(new RaftProperties(), system))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(key);
    assertThatThrownBy(() -> RaftSettings.refuseUnsafe(raft, new Properties()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(key);
  }

  @Test
  void settingsOfTheSafeValueAreAccepted() {
    Properties system = new Properties();
    system.setProperty(RaftServerConfigKeys.Log.ASYNC_FLUSH_ENABLED_KEY, "false");
    assertThatCode(() -> RaftSettings.refuseUnsafe(new RaftProperties(), system))
        .doesNotThrowAnyException();
  }

  @Test
  void theNodeListensOnItsOwnAddressAlone() {
    RaftProperties properties = RaftSettings.of(settings("127.0.0.1:7100"));
    assertThat(GrpcConfigKeys.Server.host(properties)).isEqualTo("127.0.0.1");
    assertThat(GrpcConfigKeys.Server.port(properties)).isEqualTo(7100);
  }

  @Test
  void electionsStartAfterOnceToTwiceTheTimeout() {
    RaftProperties properties = RaftSettings.of(settings("127.0.0.1:7100"));
    assertThat(RaftServerConfigKeys.Rpc.timeoutMin(properties).toIntExact(TimeUnit.MILLISECONDS))
        .isEqualTo(700);
    assertThat(RaftServerConfigKeys.Rpc.timeoutMax(properties).toIntExact(TimeUnit.MILLISECONDS))
        .isEqualTo(1400);
  }

  @Test
  void aNodeThatIsNotAmongThePeersIsRefused() {
    assertThatThrownBy(
            () ->
                new HostSettings(
                    "n9",
                    Map.of("n1", new HostPort("127.0.0.1", 7100)),
                    "c",
                    Path.of("x"),
                    Duration.ofSeconds(1),
                    Optional.empty(),
                    1,
                    1 << 23,
                    InstantSource.system()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("n9");
  }

  private static HostSettings settings(String address) {
    return new HostSettings(
        "n1",
        Map.of("n1", HostPort.parse(address)),
        "c",
        Path.of("x"),
        Duration.ofMillis(700),
        Optional.empty(),
        1 << 20,
        1 << 23,
        InstantSource.system());
  }
}
