package io.tidemark.query.script;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.query.script.Command.Expectation;
import io.tidemark.query.script.Command.Notes;
import io.tidemark.query.script.Command.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads a script's commands.
final class ScriptParser {
  private static final Pattern TAG = Pattern.compile("#: case (\\S+) tier=(\\S+) needs=(\\S+)");
  private static final Pattern INSTANT = Pattern.compile("eval(?:_(fail|warn|ordered|info))?\\s+instant\\s+(?:at\\s+(\\S+)\\s+)?(.+)");
  private static final Pattern RANGE = Pattern.compile(
      "eval(?:_(fail|warn|info))?\\s+range\\s+from\\s+(.+)\\s+to\\s+(.+)\\s+step\\s+(.+?)\\s+(.+)");
  private static final Pattern EXPECTED_FAIL = Pattern.compile("expected_fail_(message|regexp)\\s+(.+)");
  private static final Pattern EXPECT_POINTS = Pattern.compile("expect range vector from\\s+(\\S+)\\s+to\\s+(\\S+)\\s+step\\s+(\\S+)");
  private static final Pattern EXPECT_STRING = Pattern.compile("expect string\\s+(.+)");
  private static final Pattern EXPECT = Pattern.compile(
      "expect\\s+(ordered|fail|warn|no_warn|info|no_info)(?:\\s+(?:(msg|regex)\\s*:(.*)))?");
  private static final Pattern BARE_NUMBER = Pattern.compile("[+-]?(?i:0x[0-9a-f]+|inf|nan|(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?)");

  private final String file;
  private final List<String> lines;
  private final List<Command> commands = new ArrayList<>();
  private int at;

  private ScriptParser(String file, List<String> lines) {
    this.file = file;
    this.lines = lines;
  }

  /// @param file its name without the extension, for the names of cases
  static List<Command> parse(String file, String text) {
    var parser = new ScriptParser(file, text.lines().map(String::strip).toList());
    parser.run();
    return parser.commands;
  }

  private void run() {
    Optional<Matcher> tag = Optional.empty();
    while (at < lines.size()) {
      String line = lines.get(at);
      Matcher tagged = TAG.matcher(line);
      if (tagged.matches()) {
        tag = Optional.of(tagged);
      }
      if (isBlank(line)) {
        at++;
        continue;
      }
      try {
        command(line, tag);
      } catch (IllegalArgumentException | TidemarkException e) {
        throw new TidemarkException(ErrorCode.BAD_DATA, file + ".test:" + (Math.min(at, lines.size() - 1) + 1) + ": " + e.getMessage(), e);
      }
      tag = line.startsWith("eval") ? Optional.empty() : tag;
    }
  }

  private static boolean isBlank(String line) {
    return line.isEmpty() || line.startsWith("#");
  }

  private void command(String line, Optional<Matcher> tag) {
    String word = line.split("\\s+", 2)[0].toLowerCase(Locale.ROOT);
    if (word.equals("clear")) {
      at++;
      commands.add(new Command.Clear());
    } else if (word.startsWith("load")) {
      load(line);
    } else if (word.startsWith("eval")) {
      eval(line, tag);
    } else {
      throw new IllegalArgumentException("\"" + line + "\" begins no command; known are clear, load and eval");
    }
  }

  private void load(String line) {
    String[] words = line.split("\\s+");
    if (words.length != 2) {
      throw new IllegalArgumentException("expected \"load <step>\", got \"" + line + "\"");
    }
    at++;
    var series = new ArrayList<SeriesLine>();
    var starts = new ArrayList<SeriesLine>();
    while (at < lines.size() && !isBlank(lines.get(at))) {
      SeriesLine parsed = SeriesLine.parse(lines.get(at++));
      (parsed.startTimes() ? starts : series).add(parsed);
    }
    commands.add(new Command.Load(Times.parse(words[1]), series, starts, words[0].equalsIgnoreCase("load_with_nhcb")));
  }

  private void eval(String line, Optional<Matcher> tag) {
    String name = tag.map(t -> t.group(1)).orElse(file + ":" + (at + 1));
    String tier = tag.map(t -> t.group(2)).orElse("core");
    Set<String> tags = tag.map(t -> Set.of(t.group(3).split(","))).orElse(Set.of());
    Matcher range = RANGE.matcher(line);
    Matcher instant = INSTANT.matcher(line);
    Command.Times times;
    String kind;
    String query;
    if (range.matches()) {
      times = new Command.Times(false, Times.parse(range.group(2)), Times.parse(range.group(3)), Times.parse(range.group(4)));
      kind = range.group(1) == null ? "" : range.group(1);
      query = range.group(5);
    } else if (instant.matches()) {
      long millis = instant.group(2) == null ? 0 : Times.parse(instant.group(2));
      times = new Command.Times(true, millis, millis, 0);
      kind = instant.group(1) == null ? "" : instant.group(1);
      query = instant.group(3);
    } else {
      throw new IllegalArgumentException("expected \"eval instant at <time> <query>\" or \"eval range from <time> to <time> step <step> "
          + "<query>\", got \"" + line + "\"");
    }
    at++;
    var expectation = new Expected(kind);
    boolean more = true;
    while (more && at < lines.size() && !isBlank(lines.get(at))) {
      more = expectation.add(lines.get(at++));
    }
    if (expectation.points.isPresent()) {
      long end = expectation.points.get().endMillis();
      times = new Command.Times(true, end, end, 0);
    }
    commands.add(new Command.Eval(name, tier, tags, query, times, expectation.build()));
  }

  /// Gathers the expectation lines of one case.
  private final class Expected {
    private final List<SeriesLine> series = new ArrayList<>();
    private final List<Text> failTexts = new ArrayList<>();
    private final List<Text> warnTexts = new ArrayList<>();
    private final List<Text> infoTexts = new ArrayList<>();
    private OptionalDouble scalar = OptionalDouble.empty();
    private Optional<String> string = Optional.empty();
    private Optional<Command.Times> points = Optional.empty();
    private boolean ordered;
    private boolean fail;
    private boolean warn;
    private boolean noWarn;
    private boolean info;
    private boolean noInfo;

    Expected(String kind) {
      ordered = kind.equals("ordered");
      fail = kind.equals("fail");
      warn = kind.equals("warn");
      info = kind.equals("info");
    }

    /// Takes one line; answers whether the block goes on.
    boolean add(String line) {
      Matcher failure = EXPECTED_FAIL.matcher(line);
      Matcher range = EXPECT_POINTS.matcher(line);
      Matcher text = EXPECT_STRING.matcher(line);
      Matcher expect = EXPECT.matcher(line);
      if (failure.matches()) {
        failTexts.add(text(failure.group(1).equals("regexp"), failure.group(2).strip()));
        return at < lines.size() && lines.get(at).startsWith("expected_fail");
      }
      if (range.matches()) {
        points = Optional.of(
            new Command.Times(false, Times.parse(range.group(1)), Times.parse(range.group(2)), Times.parse(range.group(3))));
      } else if (text.matches()) {
        string = Optional.of(((Expr.StringLiteral) PromQL.parse(text.group(1), Features.STANDARD)).value());
      } else if (expect.matches()) {
        annotation(expect);
      } else if (BARE_NUMBER.matcher(line).matches()) {
        scalar = OptionalDouble.of(bareNumber(line));
        return false;
      } else {
        series.add(SeriesLine.parse(line));
      }
      return true;
    }

    private void annotation(Matcher expect) {
      Optional<Text> text = expect.group(2) == null ? Optional.empty()
          : Optional.of(text(expect.group(2).equals("regex"), expect.group(3).strip()));
      switch (expect.group(1)) {
        case "ordered" -> ordered = true;
        case "fail" -> {
          fail = true;
          text.ifPresent(failTexts::add);
        }
        case "warn" -> {
          warn = true;
          text.ifPresent(warnTexts::add);
        }
        case "info" -> {
          info = true;
          text.ifPresent(infoTexts::add);
        }
        case "no_warn" -> noWarn = true;
        default -> noInfo = true;
      }
    }

    private static Text text(boolean regex, String text) {
      return new Text(text, regex ? Optional.of(Pattern.compile(text)) : Optional.empty());
    }

    Expectation build() {
      return new Expectation(series, scalar, string, points, ordered, fail, failTexts, new Notes(warn, noWarn, warnTexts),
          new Notes(info, noInfo, infoTexts));
    }
  }

  private static double bareNumber(String text) {
    String digits = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
    double sign = text.startsWith("-") ? -1 : 1;
    return digits.toLowerCase(Locale.ROOT).startsWith("0x") ? sign * Long.parseLong(digits.substring(2), 16) : SeriesLine.number(text);
  }
}
