package io.tidemark.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import io.tidemark.config.Section;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where log lines go: JSON on standard output, and the same in files of 10 MB, five of them, below the data directory.
public final class LogOutput {
  private static final String FILE_BYTES = "10MB";
  private static final int FILES = 5;

  private LogOutput() {}

  /// How much is logged, and where.
  ///
  /// @param level   DEBUG, INFO, WARN or ERROR
  /// @param console whether lines also go to standard output
  /// @param files   whether lines go to files
  public record LogOutputConfig(String level, boolean console, boolean files) {
    /// Reads the section `diagnostics`.
    public static LogOutputConfig read(Section root) {
      Section section = root.sectionOrEmpty("diagnostics");
      var config = new LogOutputConfig(section.oneOf("level", "INFO", "DEBUG", "INFO", "WARN", "ERROR"),
          section.flag("console", true), section.flag("files", true));
      section.done();
      return config;
    }
  }

  /// Replaces the outputs of all loggers.
  static void install(LogOutputConfig config, Path directory) {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      throw new IllegalStateException("logging is bound to " + LoggerFactory.getILoggerFactory().getClass().getName());
    }
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.setLevel(Level.toLevel(config.level()));
    if (config.console()) {
      start(context, root, new ConsoleAppender<>());
    }
    if (config.files()) {
      start(context, root, files(context, directory));
    }
  }

  private static void start(LoggerContext context, ch.qos.logback.classic.Logger root, OutputStreamAppender<ILoggingEvent> appender) {
    var encoder = new JsonEncoder();
    encoder.setWithContext(false);
    encoder.setWithSequenceNumber(false);
    encoder.setWithFormattedMessage(true);
    encoder.setWithMessage(false);
    encoder.setWithArguments(false);
    encoder.setWithNanoseconds(false);
    encoder.setContext(context);
    encoder.start();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.start();
    root.addAppender(appender);
  }

  private static RollingFileAppender<ILoggingEvent> files(LoggerContext context, Path directory) {
    var appender = new RollingFileAppender<ILoggingEvent>();
    appender.setFile(directory.resolve("tidemark.log").toString());
    var window = new FixedWindowRollingPolicy();
    window.setContext(context);
    window.setParent(appender);
    window.setFileNamePattern(directory.resolve("tidemark.%i.log").toString());
    window.setMinIndex(1);
    window.setMaxIndex(FILES - 1);
    window.start();
    var trigger = new SizeBasedTriggeringPolicy<ILoggingEvent>();
    trigger.setContext(context);
    trigger.setMaxFileSize(FileSize.valueOf(FILE_BYTES));
    trigger.start();
    appender.setRollingPolicy(window);
    appender.setTriggeringPolicy(trigger);
    return appender;
  }
}
