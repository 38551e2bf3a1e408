package io.tidemark.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/// What a class logs while this is open. Any thread.
public final class LogLines implements AutoCloseable {
  private final Logger logger;
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  private LogLines(Logger logger) {
    this.logger = logger;
    lines.start();
    logger.addAppender(lines);
  }

  public static LogLines of(Class<?> from) {
    return new LogLines((Logger) LoggerFactory.getLogger(from));
  }

  private List<String> at(Level level) {
    return List.copyOf(lines.list).stream().filter(line -> line.getLevel() == level)
        .map(line -> line.getFormattedMessage() + " " + line.getKeyValuePairs()).toList();
  }

  /// Errors, each with its key=value pairs.
  public List<String> errors() {
    return at(Level.ERROR);
  }

  public List<String> warnings() {
    return at(Level.WARN);
  }

  @Override
  public void close() {
    logger.detachAppender(lines);
  }
}
