package io.tidemark.template;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.template.Lexer.SyntaxError;
import io.tidemark.template.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Recursive descent from tokens to nodes. Names of functions and variables are checked here, so that a text that parses can
/// only fail on its data.
final class Parser {
  static final int SOURCE_CHARS_MAX = 1 << 20;
  private static final int DEPTH_MAX = 100;

  private final String name;
  private final String source;
  private final Functions functions;
  private final List<Token> tokens;
  private final Map<String, List<Node>> templates = new LinkedHashMap<>();
  private List<String> variables = new ArrayList<>();
  private int next;
  private int depth;
  private int loops;

  private Parser(String name, String source, Functions functions, List<Token> tokens) {
    this.name = name;
    this.source = source;
    this.functions = functions;
    this.tokens = tokens;
  }

  /// All templates that `source` defines, its own text under `name`.
  ///
  /// @param globals variables that are there from the start, with their `$`
  static Map<String, List<Node>> parse(String name, String source, Functions functions, Iterable<String> globals) {
    if (source.length() > SOURCE_CHARS_MAX) {
      throw new TidemarkException(ErrorCode.BAD_DATA,
          "template " + name + ": " + source.length() + " characters; at most " + SOURCE_CHARS_MAX + " are allowed");
    }
    try {
      var parser = new Parser(name, source, functions, Lexer.tokens(source));
      parser.variables.add("$");
      globals.forEach(parser.variables::add);
      List<Node> main = parser.top();
      parser.templates.put(name, main);
      return parser.templates;
    } catch (SyntaxError e) {
      throw new TidemarkException(ErrorCode.BAD_DATA, place(name, source, e.offset) + ": " + e.getMessage());
    }
  }

  private static Node.Place place(String name, String source, int offset) {
    int line = 1;
    int lineStart = 0;
    for (int i = source.indexOf('\n'); i >= 0 && i < offset; i = source.indexOf('\n', i + 1)) {
      line++;
      lineStart = i + 1;
    }
    return new Node.Place(name, line, offset - lineStart + 1);
  }

  private Node.Place place(Token token) {
    return place(name, source, token.offset());
  }

  private Token peek() {
    return tokens.get(next);
  }

  private Token take() {
    return tokens.get(next++);
  }

  private Token takeSkippingSpace() {
    skipSpace();
    return take();
  }

  private void skipSpace() {
    while (peek().is(Kind.SPACE)) {
      next++;
    }
  }

  private static SyntaxError unexpected(Token token, String context) {
    String found = token.is(Kind.END) ? "end of text" : "\"" + token.text() + "\"";
    return new SyntaxError(token.offset(), "unexpected " + found + " in " + context);
  }

  private List<Node> top() {
    var nodes = new ArrayList<Node>();
    Token end = items(nodes, true);
    if (!end.is(Kind.END)) {
      throw new SyntaxError(end.offset(), "unexpected {{" + end.text() + "}}");
    }
    return List.copyOf(nodes);
  }

  /// Reads nodes until `{{end}}`, `{{else` or the end of the text; gives the token that ended it, behind which reading goes on.
  private Token items(List<Node> nodes, boolean atTop) {
    if (++depth > DEPTH_MAX) {
      throw new SyntaxError(peek().offset(), "nests more than " + DEPTH_MAX + " levels deep");
    }
    while (true) {
      Token token = take();
      if (token.is(Kind.TEXT)) {
        nodes.add(new Node.Text(place(token), token.text()));
        continue;
      }
      if (token.is(Kind.END)) {
        depth--;
        return token;
      }
      skipSpace();
      Token first = peek();
      if (first.isName("end") || first.isName("else")) {
        next++;
        if (first.isName("end")) {
          close("end");
        }
        depth--;
        return first;
      }
      if (first.isName("define")) {
        if (!atTop) {
          throw new SyntaxError(first.offset(), "{{define}} stands inside another block; it belongs at the top");
        }
        next++;
        define();
        continue;
      }
      action(first).ifPresent(nodes::add);
    }
  }

  private void close(String context) {
    Token token = takeSkippingSpace();
    if (!token.is(Kind.CLOSE)) {
      throw unexpected(token, context);
    }
  }

  private Optional<Node> action(Token first) {
    if (!first.is(Kind.NAME)) {
      return Optional.of(new Node.Action(pipeline(Kind.CLOSE, "command", 1)));
    }
    switch (first.text()) {
      case "if", "with", "range" -> {
        next++;
        return Optional.of(control(first.text()));
      }
      case "template" -> {
        next++;
        return Optional.of(invoke(first));
      }
      case "block" -> {
        next++;
        return Optional.of(block(first));
      }
      case "break", "continue" -> {
        next++;
        if (loops == 0) {
          throw new SyntaxError(first.offset(), "{{" + first.text() + "}} outside {{range}}");
        }
        close(first.text());
        return Optional.of(first.text().equals("break") ? new Node.Break() : new Node.Continue());
      }
      default -> {
        return Optional.of(new Node.Action(pipeline(Kind.CLOSE, "command", 1)));
      }
    }
  }

  /// `{{if}}`, `{{with}}` or `{{range}}` up to its `{{end}}`; `{{else if x}}` nests another one into the else part.
  private Node control(String kind) {
    int scope = variables.size();
    Node.Pipe pipe = pipeline(Kind.CLOSE, kind, kind.equals("range") ? 2 : 1);
    int body = variables.size();
    loops += kind.equals("range") ? 1 : 0;
    var then = new ArrayList<Node>();
    Token end = items(then, false);
    loops -= kind.equals("range") ? 1 : 0;
    drop(body);
    var otherwise = new ArrayList<Node>();
    if (end.isName("else")) {
      skipSpace();
      Token nested = peek();
      if (nested.isName("if") && !kind.equals("range") || nested.isName("with") && kind.equals("with")) {
        next++;
        if (++depth > DEPTH_MAX) {
          throw new SyntaxError(nested.offset(), "nests more than " + DEPTH_MAX + " levels deep");
        }
        otherwise.add(control(nested.text()));
        depth--;
        end = nested;
      } else {
        close("else");
        end = items(otherwise, false);
      }
    }
    if (end.is(Kind.END) || end.isName("else")) {
      throw end.is(Kind.END) ? new SyntaxError(end.offset(), "unexpected end of text; {{" + kind + "}} at " + shortPlace(pipe.place())
          + " has no {{end}}") : new SyntaxError(end.offset(), "expected {{end}}, found {{else}}");
    }
    drop(scope);
    return switch (kind) {
      case "if" -> new Node.If(pipe, List.copyOf(then), List.copyOf(otherwise));
      case "with" -> new Node.With(pipe, List.copyOf(then), List.copyOf(otherwise));
      default -> new Node.Range(pipe, List.copyOf(then), List.copyOf(otherwise));
    };
  }

  private static String shortPlace(Node.Place place) {
    return place.line() + ":" + place.column();
  }

  private void drop(int size) {
    variables.subList(size, variables.size()).clear();
  }

  private String templateName(String context) {
    Token token = takeSkippingSpace();
    if (!token.is(Kind.STRING)) {
      throw unexpected(token, context + " clause; expected a name in quotes");
    }
    return token.text();
  }

  private void define() {
    String defined = templateName("define");
    close("define clause");
    templates.put(defined, isolated());
  }

  /// The body of a template of its own: only `$` is visible in it.
  private List<Node> isolated() {
    List<String> outer = variables;
    int outerLoops = loops;
    variables = new ArrayList<>(List.of("$"));
    loops = 0;
    var body = new ArrayList<Node>();
    Token end = items(body, false);
    if (!end.isName("end")) {
      throw unexpected(end, "define clause; expected {{end}}");
    }
    variables = outer;
    loops = outerLoops;
    return List.copyOf(body);
  }

  private Node invoke(Token keyword) {
    String called = templateName("template");
    return new Node.Invoke(place(keyword), called, optionalPipeline("template clause"));
  }

  private Node block(Token keyword) {
    String defined = templateName("block");
    Node.Pipe data = pipeline(Kind.CLOSE, "block clause", 1);
    templates.put(defined, isolated());
    return new Node.Invoke(place(keyword), defined, Optional.of(data));
  }

  private Optional<Node.Pipe> optionalPipeline(String context) {
    skipSpace();
    if (peek().is(Kind.CLOSE)) {
      next++;
      return Optional.empty();
    }
    return Optional.of(pipeline(Kind.CLOSE, context, 1));
  }

  /// A pipeline up to and with `end`; it may declare up to `declarationsMax` variables.
  private Node.Pipe pipeline(Kind end, String context, int declarationsMax) {
    skipSpace();
    Token start = peek();
    if (++depth > DEPTH_MAX) {
      throw new SyntaxError(start.offset(), "nests more than " + DEPTH_MAX + " levels deep");
    }
    var declared = new ArrayList<String>();
    boolean assigns = declarations(declared, declarationsMax, context);
    var commands = new ArrayList<List<Node.Operand>>();
    while (true) {
      Token token = takeSkippingSpace();
      if (token.is(end)) {
        break;
      }
      next--;
      commands.add(command(end, context));
      skipSpace();
      Token separator = take();
      if (separator.is(end)) {
        break;
      }
      if (!separator.is(Kind.PIPE)) {
        throw unexpected(separator, context);
      }
      skipSpace();
      if (peek().is(end)) {
        throw new SyntaxError(peek().offset(), "missing command behind | in " + context);
      }
    }
    check(commands, start, context);
    if (!assigns) {
      variables.addAll(declared);
    }
    depth--;
    return new Node.Pipe(place(start), List.copyOf(declared), assigns, List.copyOf(commands));
  }

  private static void check(List<List<Node.Operand>> commands, Token start, String context) {
    if (commands.isEmpty()) {
      throw new SyntaxError(start.offset(), "missing value for " + context);
    }
    for (int i = 0; i < commands.size(); i++) {
      Node.Operand first = commands.get(i).getFirst();
      boolean constant = first instanceof Node.Literal || first instanceof Node.Dot;
      if (i > 0 && constant) {
        throw new SyntaxError(start.offset(), "non executable command in pipeline stage " + (i + 1));
      }
      if (commands.get(i).size() > 1 && (constant || first instanceof Node.Pipe)) {
        throw new SyntaxError(start.offset(), "can't give argument to non-function");
      }
    }
  }

  /// Reads `$x :=`, `$x =` or `$i, $x :=` if it is there; whether it assigns instead of declaring.
  private boolean declarations(List<String> declared, int max, String context) {
    int mark = next;
    while (peek().is(Kind.VARIABLE)) {
      Token variable = take();
      Token after = takeSkippingSpace();
      declared.add(variable.text());
      if (after.is(Kind.DECLARE) || after.is(Kind.ASSIGN)) {
        if (declared.size() > max) {
          throw new SyntaxError(variable.offset(), "too many declarations in " + context);
        }
        if (after.is(Kind.ASSIGN)) {
          declared.forEach(d -> mustKnow(d, variable));
        }
        return after.is(Kind.ASSIGN);
      }
      if (!after.is(Kind.COMMA) || max < 2) {
        break;
      }
      skipSpace();
    }
    declared.clear();
    next = mark;
    return false;
  }

  private void mustKnow(String variable, Token at) {
    if (!variables.contains(variable)) {
      throw new SyntaxError(at.offset(), "undefined variable \"" + variable + "\"");
    }
  }

  private List<Node.Operand> command(Kind end, String context) {
    var operands = new ArrayList<Node.Operand>();
    while (true) {
      skipSpace();
      Token token = peek();
      if (token.is(end) || token.is(Kind.PIPE)) {
        break;
      }
      operands.add(operand(context));
      Token after = peek();
      if (!after.is(Kind.SPACE) && !after.is(end) && !after.is(Kind.PIPE)) {
        throw unexpected(after, "operand");
      }
    }
    if (operands.isEmpty()) {
      throw new SyntaxError(peek().offset(), "empty command");
    }
    return List.copyOf(operands);
  }

  private Node.Operand operand(String context) {
    Token token = take();
    Node.Place place = place(token);
    Node.Operand base = switch (token.kind()) {
      case DOT -> new Node.Dot(place);
      case FIELD -> new Node.Field(place, path(token.text()));
      case VARIABLE -> {
        mustKnow(token.text(), token);
        yield new Node.Variable(place, token.text(), path(""));
      }
      case NUMBER -> new Node.Literal(place, number(token));
      case CHARACTER -> new Node.Literal(place, (long) token.text().codePointAt(0));
      case STRING -> new Node.Literal(place, token.text());
      case LEFT -> pipeline(Kind.RIGHT, "parenthesized pipeline", 1);
      case NAME -> named(token, place);
      case TEXT, OPEN, CLOSE, SPACE, PIPE, RIGHT, DECLARE, ASSIGN, COMMA, END -> throw unexpected(token, context);
    };
    if (!peek().is(Kind.FIELD)) {
      return base;
    }
    if (base instanceof Node.Literal || base instanceof Node.Dot) {
      throw unexpected(peek(), "operand");
    }
    return new Node.Chain(place, base, path(""));
  }

  private Node.Operand named(Token token, Node.Place place) {
    return switch (token.text()) {
      case "true" -> new Node.Literal(place, true);
      case "false" -> new Node.Literal(place, false);
      case "nil" -> new Node.Literal(place, Nil.NIL);
      case String function -> {
        if (!Builtins.NAMES.contains(function) && functions.find(function).isEmpty()) {
          throw new SyntaxError(token.offset(), "function \"" + function + "\" not defined");
        }
        yield new Node.Function(place, function);
      }
    };
  }

  /// The fields that follow without a space, behind `first` when that is not empty.
  private List<String> path(String first) {
    var fields = new ArrayList<String>();
    if (!first.isEmpty()) {
      fields.add(first);
    }
    while (peek().is(Kind.FIELD)) {
      fields.add(take().text());
    }
    return List.copyOf(fields);
  }

  private static Object number(Token token) {
    String text = token.text().replace("_", "");
    boolean negative = text.startsWith("-");
    String digits = negative || text.startsWith("+") ? text.substring(1) : text;
    String lower = digits.toLowerCase(Locale.ROOT);
    try {
      int base = lower.startsWith("0x") ? 16 : lower.startsWith("0b") ? 2 : lower.startsWith("0o") ? 8 : 10;
      if (base == 10 && (lower.contains(".") || lower.contains("e"))) {
        if (lower.endsWith("f") || lower.endsWith("d")) {
          throw new NumberFormatException(lower);
        }
        return Double.parseDouble(text);
      }
      if (base == 10 && lower.length() > 1 && lower.startsWith("0")) {
        return Long.parseLong((negative ? "-" : "") + lower, 8);
      }
      return Long.parseLong((negative ? "-" : "") + (base == 10 ? lower : lower.substring(2)), base);
    } catch (NumberFormatException e) {
      throw new SyntaxError(token.offset(), "bad number syntax: \"" + token.text() + "\"");
    }
  }
}
