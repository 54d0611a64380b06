package io.mailraft.ops.torture.plant;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;

/** Puts a plant into the bytes of its class. */
final class Graft {
  private Graft() {}

  /**
   * The class with the bug in it.
   *
   * @param loader finds the classes that the class mentions
   * @throws IllegalStateException if the class has no longer the code that the plant changes
   */
  static byte[] put(Plant plant, byte[] bytes, ClassLoader loader) {
    ClassFile file =
        ClassFile.of(
            // Tables of local variables may name some that the changed code has not.
            ClassFile.DebugElementsOption.DROP_DEBUG,
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.defaultResolver()
                    .orElse(ClassHierarchyResolver.ofResourceParsing(loader))));
    byte[] changed = bytes;
    for (Plant.Edit edit : plant.edits()) {
      ClassModel before = file.parse(changed);
      byte[] after = file.transformClass(before, transform(edit));
      if (same(before, file.parse(after), edit.method())) {
        throw new IllegalStateException(
            plant.word()
                + " cannot be planted: "
                + plant.className()
                + "."
                + edit.method()
                + " is not there, or not as the plant knows it");
      }
      changed = after;
    }
    return changed;
  }

  private static ClassTransform transform(Plant.Edit edit) {
    return (builder, element) -> {
      if (element instanceof MethodModel method
          && method.methodName().equalsString(edit.method())
          && method.code().isPresent()) {
        builder.transformMethod(method, MethodTransform.transformingCode(edit.code()));
      } else {
        builder.with(element);
      }
    };
  }

  /** Whether all methods of that name have the same number of instructions, or there is none. */
  private static boolean same(ClassModel before, ClassModel after, String method) {
    return instructions(before, method) == instructions(after, method);
  }

  private static long instructions(ClassModel of, String name) {
    return of.methods().stream()
        .filter(method -> method.methodName().equalsString(name))
        .flatMap(method -> method.code().stream())
        .mapToLong(Graft::instructions)
        .sum();
  }

  private static long instructions(CodeModel code) {
    return code.elementStream().filter(Instruction.class::isInstance).count();
  }
}
