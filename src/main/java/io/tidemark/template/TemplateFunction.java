package io.tidemark.template;

/// A function that templates may call. Must be safe on any thread.
@FunctionalInterface
public interface TemplateFunction {
  /// The function's value for the arguments of `call`, one of the kinds that {@link TemplateObject} lists.
  Object apply(Call call);
}
