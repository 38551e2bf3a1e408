package io.tidemark.template;

import java.util.List;

/// One call of a function: its arguments, typed on demand, and the template set it happens in.
public final class Call {
  /// Renders a named template of the running set.
  @FunctionalInterface
  interface Renderer {
    String render(String name, Object data);
  }

  private final String name;
  private final List<Object> arguments;
  private final Renderer renderer;

  Call(String name, List<Object> arguments, Renderer renderer) {
    this.name = name;
    this.arguments = arguments;
    this.renderer = renderer;
  }

  public int count() {
    return arguments.size();
  }

  public List<Object> all() {
    return arguments;
  }

  public Object any(int index) {
    return arguments.get(index);
  }

  /// Argument `index` (0-based) as a text; fails the rendering when it is another kind.
  public String text(int index) {
    return switch (any(index)) {
      case String text -> text;
      case SafeText safe -> safe.text();
      case Object other -> throw wrongType(index, "string", other);
    };
  }

  /// Argument `index` as a whole number.
  public long whole(int index) {
    if (any(index) instanceof Long number) {
      return number;
    }
    throw wrongType(index, "int", any(index));
  }

  /// Argument `index` as a number; texts and durations are converted as Prometheus' functions do.
  public double number(int index) {
    return switch (any(index)) {
      case Long number -> number;
      case Double number -> number;
      case GoDuration duration -> duration.nanos() / 1e9;
      case String text -> GoNumbers.parse(text);
      case Object other -> throw new TemplateFailure(name + ": can't convert " + GoPrint.typeName(other) + " to float");
    };
  }

  public List<?> list(int index) {
    if (any(index) instanceof List<?> list) {
      return list;
    }
    throw wrongType(index, "list", any(index));
  }

  public GoTime time(int index) {
    if (any(index) instanceof GoTime time) {
      return time;
    }
    throw wrongType(index, "time.Time", any(index));
  }

  /// What template `name` of the running set renders with `data`.
  public String render(String templateName, Object data) {
    return renderer.render(templateName, data);
  }

  /// Fails the rendering with `message`; never returns.
  public RuntimeException failure(String message) {
    return new TemplateFailure("error calling " + name + ": " + message);
  }

  private TemplateFailure wrongType(int index, String expected, Object found) {
    return new TemplateFailure("wrong type for argument " + (index + 1) + " of " + name + ": expected " + expected + ", found "
        + GoPrint.typeName(found));
  }
}
