package io.tidemark.template;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/// One rendering: walks the nodes of one template set with one piece of data. Used once, by one thread.
final class Renderer {
  /// What ended a list of nodes.
  private enum Flow { ON, BREAK, CONTINUE }

  private static final class Binding {
    final String name;
    Object value;

    Binding(String name, Object value) {
      this.name = name;
      this.value = value;
    }
  }

  private final Map<String, List<Node>> templates;
  private final Functions functions;
  private final RenderOptions options;
  private List<Binding> bindings = new ArrayList<>();
  private StringBuilder out = new StringBuilder();
  private int depth;
  private int steps;
  private int charsOfOthers;

  Renderer(Map<String, List<Node>> templates, Functions functions, RenderOptions options) {
    this.templates = templates;
    this.functions = functions;
    this.options = options;
  }

  /// Renders template `name`; `globals` are bound besides `$`.
  String run(String name, Object data, Map<String, Object> globals) {
    bindings.add(new Binding("$", data));
    globals.forEach((variable, value) -> bindings.add(new Binding(variable, value)));
    nodes(templates.getOrDefault(name, List.of()), data);
    return out.toString();
  }

  private static TidemarkException failed(Node.Place place, String message) {
    return new TidemarkException(ErrorCode.EXECUTION, place + ": " + message);
  }

  private void step(Node.Place place) {
    if (++steps > options.stepsMax()) {
      throw failed(place, "takes more than " + options.stepsMax() + " steps");
    }
  }

  private void print(Node.Place place, Object value) {
    String text;
    try {
      text = GoPrint.print(value);
    } catch (TemplateFailure e) {
      throw failed(place, e.getMessage());
    }
    boolean escaped = options.escape() == RenderOptions.Escape.HTML && !(value instanceof SafeText);
    write(place, escaped ? Builtins.htmlEscape(text) : text);
  }

  private void write(Node.Place place, String text) {
    if ((long) charsOfOthers + out.length() + text.length() > options.outputCharsMax()) {
      throw failed(place, "renders more than " + options.outputCharsMax() + " characters");
    }
    out.append(text);
  }

  private Flow nodes(List<Node> nodes, Object dot) {
    for (Node node : nodes) {
      Flow flow = node(node, dot);
      if (flow != Flow.ON) {
        return flow;
      }
    }
    return Flow.ON;
  }

  private Flow node(Node node, Object dot) {
    switch (node) {
      case Node.Text text -> write(text.place(), text.text());
      case Node.Action action -> {
        Object value = pipe(action.pipe(), dot);
        if (action.pipe().variables().isEmpty()) {
          print(action.pipe().place(), value);
        }
      }
      case Node.If branch -> {
        int scope = bindings.size();
        Flow flow = nodes(Builtins.truth(pipe(branch.condition(), dot)) ? branch.then() : branch.otherwise(), dot);
        drop(scope);
        return flow;
      }
      case Node.With with -> {
        int scope = bindings.size();
        Object value = pipe(with.pipe(), dot);
        Flow flow = Builtins.truth(value) ? nodes(with.body(), value) : nodes(with.otherwise(), dot);
        drop(scope);
        return flow;
      }
      case Node.Range range -> {
        return range(range, dot);
      }
      case Node.Invoke invoke -> invoke(invoke.place(), invoke.name(), invoke.data().map(pipe -> pipe(pipe, dot)).orElse(Nil.NIL));
      case Node.Break _ -> {
        return Flow.BREAK;
      }
      case Node.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.ON;
  }

  private void drop(int size) {
    bindings.subList(size, bindings.size()).clear();
  }

  /// One element of what a range walks over.
  private record Element(Object key, Object value) {}

  private Flow range(Node.Range range, Object dot) {
    int scope = bindings.size();
    Iterable<Element> elements = elements(range.pipe().place(), value(range.pipe(), dot));
    boolean empty = true;
    for (Element element : elements) {
      empty = false;
      step(range.pipe().place());
      bindRange(range.pipe(), element);
      Flow flow = nodes(range.body(), element.value());
      if (!range.pipe().assigns()) {
        drop(scope);
      }
      if (flow == Flow.BREAK) {
        break;
      }
    }
    Flow flow = empty ? nodes(range.otherwise(), dot) : Flow.ON;
    drop(scope);
    return flow;
  }

  private void bindRange(Node.Pipe pipe, Element element) {
    List<String> names = pipe.variables();
    if (names.size() == 1) {
      bind(pipe, names.getFirst(), element.value());
    } else if (names.size() == 2) {
      bind(pipe, names.getFirst(), element.key());
      bind(pipe, names.getLast(), element.value());
    }
  }

  private Iterable<Element> elements(Node.Place place, Object value) {
    return switch (value) {
      case List<?> list -> {
        var elements = new ArrayList<Element>(list.size());
        for (Object item : list) {
          elements.add(new Element((long) elements.size(), item));
        }
        yield elements;
      }
      case KeyValues pairs -> mapElements(pairs.pairs());
      case Map<?, ?> map -> mapElements(map);
      case Long count -> counting(count);
      case Nil _ -> List.of();
      default -> throw failed(place, "range can't iterate over " + GoPrint.typeName(value));
    };
  }

  private static List<Element> mapElements(Map<?, ?> map) {
    var elements = new ArrayList<Element>(map.size());
    GoPrint.sorted(map).forEach((key, item) -> elements.add(new Element(key, item)));
    return elements;
  }

  private static Iterable<Element> counting(long count) {
    return () -> LongStream.range(0, Math.max(0, count)).mapToObj(i -> new Element(i, i)).iterator();
  }

  private void invoke(Node.Place place, String name, Object data) {
    List<Node> body = templates.get(name);
    if (body == null) {
      throw failed(place, "template \"" + name + "\" not defined");
    }
    if (++depth > options.depthMax()) {
      throw failed(place, "templates call each other more than " + options.depthMax() + " levels deep");
    }
    List<Binding> outer = bindings;
    bindings = new ArrayList<>(List.of(new Binding("$", data)));
    nodes(body, data);
    bindings = outer;
    depth--;
  }

  /// What another template renders, as a text, for functions that ask for it.
  private String renderToText(Node.Place place, String name, Object data) {
    StringBuilder outer = out;
    charsOfOthers += outer.length();
    out = new StringBuilder();
    invoke(place, name, data);
    String text = out.toString();
    out = outer;
    charsOfOthers -= outer.length();
    return text;
  }

  /// The value of a pipeline, bound to the variables it names.
  private Object pipe(Node.Pipe pipe, Object dot) {
    Object value = value(pipe, dot);
    for (String name : pipe.variables()) {
      bind(pipe, name, value);
    }
    return value;
  }

  private Object value(Node.Pipe pipe, Object dot) {
    Optional<Object> value = Optional.empty();
    for (List<Node.Operand> command : pipe.commands()) {
      value = Optional.of(command(command, dot, value));
    }
    return value.orElse(Nil.NIL);
  }

  private void bind(Node.Pipe pipe, String name, Object value) {
    if (pipe.assigns()) {
      binding(name).value = value;
    } else {
      bindings.add(new Binding(name, value));
    }
  }

  private Binding binding(String name) {
    for (int i = bindings.size() - 1; i >= 0; i--) {
      if (bindings.get(i).name.equals(name)) {
        return bindings.get(i);
      }
    }
    throw new IllegalStateException("variable " + name + " passed the parser without a binding");
  }

  private Object command(List<Node.Operand> command, Object dot, Optional<Object> last) {
    Node.Operand first = command.getFirst();
    step(first.place());
    if (first instanceof Node.Function function) {
      return call(function, command.subList(1, command.size()), dot, last);
    }
    if (command.size() == 1 && last.isEmpty()) {
      return operand(first, dot);
    }
    var arguments = new ArrayList<Object>();
    command.subList(1, command.size()).forEach(operand -> arguments.add(operand(operand, dot)));
    last.ifPresent(arguments::add);
    return switch (first) {
      case Node.Field field -> path(field.place(), dot, field.path(), arguments);
      case Node.Variable variable when !variable.path().isEmpty() ->
          path(variable.place(), binding(variable.name()).value, variable.path(), arguments);
      case Node.Chain chain -> path(chain.place(), operand(chain.base(), dot), chain.path(), arguments);
      case Node.Variable _, Node.Pipe _, Node.Dot _, Node.Literal _, Node.Function _ ->
          throw failed(first.place(), "can't give argument to non-function");
    };
  }

  private Object operand(Node.Operand operand, Object dot) {
    step(operand.place());
    return switch (operand) {
      case Node.Dot _ -> dot;
      case Node.Literal literal -> literal.value();
      case Node.Field field -> path(field.place(), dot, field.path(), List.of());
      case Node.Variable variable -> path(variable.place(), binding(variable.name()).value, variable.path(), List.of());
      case Node.Chain chain -> path(chain.place(), operand(chain.base(), dot), chain.path(), List.of());
      case Node.Function function -> call(function, List.of(), dot, Optional.empty());
      case Node.Pipe pipe -> pipe(pipe, dot);
    };
  }

  private Object call(Node.Function function, List<Node.Operand> operands, Object dot, Optional<Object> last) {
    if (function.name().equals("and") || function.name().equals("or")) {
      return shortCircuit(function, operands, dot, last);
    }
    var arguments = new ArrayList<Object>(operands.size() + 1);
    for (Node.Operand operand : operands) {
      arguments.add(operand(operand, dot));
    }
    last.ifPresent(arguments::add);
    try {
      return apply(function, arguments);
    } catch (TemplateFailure e) {
      throw failed(function.place(), e.getMessage());
    } catch (TidemarkException e) {
      // From a query or another template: say also where it was called.
      throw new TidemarkException(e.code(), function.place() + ": error calling " + function.name() + ": " + e.getMessage(), e);
    }
  }

  private Object apply(Node.Function function, List<Object> arguments) {
    String name = function.name();
    Call.Renderer renderer = (template, data) -> renderToText(function.place(), template, data);
    Optional<Functions.Entry> entry = functions.find(name);
    if (entry.isEmpty()) {
      if (!Builtins.NAMES.contains(name)) {
        throw new TemplateFailure("function \"" + name + "\" not defined");
      }
      return bounded(name, Builtins.apply(name, new Call(name, arguments, renderer), options.missingKey()));
    }
    int count = arguments.size();
    if (count < entry.get().argumentsMin() || count > entry.get().argumentsMax()) {
      boolean exact = entry.get().argumentsMin() == entry.get().argumentsMax();
      throw new TemplateFailure("wrong number of args for " + name + ": want " + (exact ? "" : "at least ")
          + entry.get().argumentsMin() + " got " + count);
    }
    return bounded(name, entry.get().function().apply(new Call(name, List.copyOf(arguments), renderer)));
  }

  private Object bounded(String name, Object value) {
    if (value instanceof String text && text.length() > options.outputCharsMax()) {
      throw new TemplateFailure(name + " gives more than " + options.outputCharsMax() + " characters");
    }
    return value;
  }

  /// `and` and `or` evaluate only until the answer is known, and give the operand that decided it.
  private Object shortCircuit(Node.Function function, List<Node.Operand> operands, Object dot, Optional<Object> last) {
    if (operands.isEmpty() && last.isEmpty()) {
      throw failed(function.place(), "wrong number of args for " + function.name() + ": want at least 1 got 0");
    }
    boolean stopsAt = function.name().equals("or");
    Object value = Nil.NIL;
    for (Node.Operand operand : operands) {
      value = operand(operand, dot);
      if (Builtins.truth(value) == stopsAt) {
        return value;
      }
    }
    return last.orElse(value);
  }

  /// Follows fields from `base`; `arguments` go to the last one, which then is a method.
  private Object path(Node.Place place, Object base, List<String> path, List<Object> arguments) {
    Object value = base;
    for (int i = 0; i < path.size(); i++) {
      step(place);
      try {
        value = member(value, path.get(i), i == path.size() - 1 ? arguments : List.of());
      } catch (TemplateFailure e) {
        throw failed(place, "executing <." + String.join(".", path) + ">: " + e.getMessage());
      }
    }
    return value;
  }

  private Object member(Object receiver, String name, List<Object> arguments) {
    boolean zero = options.missingKey() == RenderOptions.MissingKey.ZERO;
    return switch (receiver) {
      case KeyValues pairs -> pairs.member(name, arguments).orElse(zero ? "" : Nil.NIL);
      case TemplateObject object -> object.member(name, arguments)
          .orElseThrow(() -> new TemplateFailure("can't evaluate field " + name + " in type " + object.typeName()));
      case Map<?, ?> map when arguments.isEmpty() -> {
        Object value = map.get(name);
        yield value == null ? Nil.NIL : value;
      }
      case Map<?, ?> _ -> throw new TemplateFailure(name + " is not a method but has arguments");
      case Nil _ when !zero -> Nil.NIL;
      case Nil _ -> throw new TemplateFailure("nil pointer evaluating interface {}." + name);
      default -> throw new TemplateFailure("can't evaluate field " + name + " in type " + GoPrint.typeName(receiver));
    };
  }
}
