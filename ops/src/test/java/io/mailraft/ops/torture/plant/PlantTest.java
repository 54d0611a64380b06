package io.mailraft.ops.torture.plant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every plant still fits the code that it changes. */
class PlantTest {
  private static byte[] bytes(String className) throws Exception {
    try (InputStream in =
        ClassLoader.getSystemResourceAsStream(className.replace('.', '/') + ".class")) {
      return Objects.requireNonNull(in, className).readAllBytes();
    }
  }

  @ParameterizedTest
  @EnumSource
  void it_changes_its_class_and_the_result_is_a_valid_one(Plant plant) throws Exception {
    byte[] before = bytes(plant.className());
    byte[] after = Graft.put(plant, before, ClassLoader.getSystemClassLoader());
    assertThat(after).isNotEqualTo(before);
    assertThat(ClassFile.of().verify(after)).isEmpty();
    // What a JVM checks of a class's form is more than the verification of its code.
    assertThat(new Definer().define(plant.className(), after).getName())
        .isEqualTo(plant.className());
  }

  private static final class Definer extends ClassLoader {
    Class<?> define(String name, byte[] bytes) {
      return defineClass(name, bytes, 0, bytes.length);
    }
  }

  @Test
  void one_that_does_not_fit_is_refused() throws Exception {
    byte[] other = bytes("java.lang.Object");
    assertThatThrownBy(
            () -> Graft.put(Plant.IGNORE_LEASE, other, ClassLoader.getSystemClassLoader()))
        .hasMessageContaining("ignore-lease cannot be planted")
        .hasMessageContaining("alive");
  }

  @Test
  void an_unknown_one_is_refused_with_those_that_there_are() {
    assertThatThrownBy(() -> Plant.parse("lose-mail"))
        .hasMessageContaining("\"lose-mail\"")
        .hasMessageContaining("lose-claim");
    assertThat(Plant.parse("lose-claim")).isEqualTo(Plant.LOSE_CLAIM);
  }
}
