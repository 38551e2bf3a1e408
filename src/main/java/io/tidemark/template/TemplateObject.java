package io.tidemark.template;

import java.util.List;
import java.util.Optional;

/// A value with fields and methods, as a Go struct has them: `.StartsAt`, `.Remove (stringSlice "a")`.
///
/// Values a member may have, and any template may see: `String`, `Long`, `Double`, `Boolean`, `List`, `Map` with text keys,
/// {@link KeyValues}, {@link GoTime}, {@link GoDuration}, {@link SafeText}, {@link TemplateFunction}, {@link Nil} and this.
public interface TemplateObject {
  /// The value of field or method `name`, or empty when there is no such member, which fails the rendering.
  ///
  /// @param arguments what the template wrote behind the name; empty for a field
  Optional<Object> member(String name, List<Object> arguments);

  /// The Go type's name, for messages.
  String typeName();
}
