package io.tidemark.template;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A parsed template together with all the templates it may call. Immutable; safe on any thread.
///
/// `Template.parse("title", text, Functions.alertmanager(now)).render(data, RenderOptions.TEXT)`; shared definitions are parsed
/// once with {@link #parse} and {@link #with}, then every text is parsed {@link #derive on top} of them.
public final class Template {
  private final String name;
  private final Map<String, List<Node>> templates;
  private final Functions functions;
  private final Map<String, String> globals;

  private Template(String name, Map<String, List<Node>> templates, Functions functions, Map<String, String> globals) {
    this.name = name;
    this.templates = templates;
    this.functions = functions;
    this.globals = globals;
  }

  /// Parses `source`; `name` stands in messages and may be called by `{{template}}`.
  ///
  /// @throws TidemarkException `BAD_DATA` with `template NAME:LINE:COLUMN` (1-based) for what is wrong first
  public static Template parse(String name, String source, Functions functions) {
    return parse(name, source, functions, Map.of());
  }

  /// As {@link #parse(String, String, Functions)}, with variables that are there from the start.
  ///
  /// @param globals variable name without its `$` → the field of the data it holds, e.g. `labels` → `Labels`
  public static Template parse(String name, String source, Functions functions, Map<String, String> globals) {
    var variables = globals.keySet().stream().map(v -> "$" + v).toList();
    return new Template(name, Map.copyOf(Parser.parse(name, source, functions, variables)), functions, Map.copyOf(globals));
  }

  /// This set with the definitions of `source` added; a later definition of a name wins.
  public Template with(String fileName, String source) {
    return new Template(name, merged(fileName, source), functions, globals);
  }

  /// A template whose main text is `source` and which may call all definitions of this set.
  public Template derive(String textName, String source) {
    return new Template(textName, merged(textName, source), functions, globals);
  }

  private Map<String, List<Node>> merged(String textName, String source) {
    var all = new LinkedHashMap<>(templates);
    var variables = globals.keySet().stream().map(v -> "$" + v).toList();
    all.putAll(Parser.parse(textName, source, functions, variables));
    return Map.copyOf(all);
  }

  /// The names of all templates of this set.
  public Set<String> names() {
    return templates.keySet();
  }

  /// Renders the main text with the functions it was parsed with.
  ///
  /// @param data the value of `.` and `$`: one of the kinds that {@link TemplateObject} lists
  /// @throws TidemarkException `EXECUTION` with the place, when a field is unknown, a function fails or a bound is reached
  public String render(Object data, RenderOptions options) {
    return render(data, functions, options);
  }

  /// As {@link #render(Object, RenderOptions)}, with functions bound to the moment; the set must have the names used at parsing.
  public String render(Object data, Functions bound, RenderOptions options) {
    var values = new LinkedHashMap<String, Object>();
    globals.forEach((variable, field) -> values.put("$" + variable, field(data, field)));
    try {
      return new Renderer(templates, bound, options).run(name, data, values);
    } catch (StackOverflowError e) {
      throw new TidemarkException(ErrorCode.EXECUTION, "template " + name + ": nests too deeply to be rendered");
    }
  }

  private static Object field(Object data, String field) {
    return switch (data) {
      case TemplateObject object -> object.member(field, List.of()).orElse(Nil.NIL);
      case Map<?, ?> map when map.get(field) instanceof Object value -> value;
      default -> Nil.NIL;
    };
  }

  /// The template's name.
  @Override
  public String toString() {
    return name;
  }
}
