package io.tidemark.cli.demo;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.encoder.EncoderBase;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.Duration;
import ch.qos.logback.core.util.FileSize;
import io.tidemark.time.Entropy;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.event.KeyValuePair;

/// The log file of one service of the payments example: a JSON object a line with `timestamp`, `level`, `logger`, `correlation_id`,
/// `message` and what else the line is about; files of 10 MB, five older ones.
///
/// It is apart from the engine's own log, which lives in the same process. A line that belongs to no request carries the id of the
/// service's run, so that no line is without one.
final class ServiceLog implements AutoCloseable {
  static final String CORRELATION = "correlation_id";
  private static final String FILE_BYTES = "10MB";
  private static final int BACKUPS = 5;
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final LoggerContext context = new LoggerContext();
  private final ch.qos.logback.classic.Logger logger;

  /// Opens the file and goes on at its end.
  ///
  /// @param name of the logger: what each line says it comes from
  ServiceLog(String name, Path file, Entropy entropy) {
    context.setMDCAdapter(new LogbackMDCAdapter());
    context.start();
    var encoder = new JsonLine(name + "-" + String.format("%016x", entropy.nextLong()));
    encoder.setContext(context);
    encoder.start();
    var appender = new RollingFileAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setFile(file.toString());
    var window = new FixedWindowRollingPolicy();
    window.setContext(context);
    window.setParent(appender);
    window.setFileNamePattern(file + ".%i");
    window.setMinIndex(1);
    window.setMaxIndex(BACKUPS);
    window.start();
    var trigger = new SizeBasedTriggeringPolicy<ILoggingEvent>();
    trigger.setContext(context);
    trigger.setMaxFileSize(FileSize.valueOf(FILE_BYTES));
    trigger.setCheckIncrement(Duration.buildBySeconds(1));
    trigger.start();
    appender.setEncoder(encoder);
    appender.setRollingPolicy(window);
    appender.setTriggeringPolicy(trigger);
    appender.start();
    logger = context.getLogger(name);
    logger.addAppender(appender);
  }

  Logger logger() {
    return logger;
  }

  @Override
  public void close() {
    context.stop();
  }

  private static final class JsonLine extends EncoderBase<ILoggingEvent> {
    private final String run;

    JsonLine(String run) {
      this.run = run;
    }

    @Override
    public byte[] headerBytes() {
      return new byte[0];
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
      var line = new JsonObject().put("timestamp", TIME.format(Instant.ofEpochMilli(event.getTimeStamp())))
          .put("level", event.getLevel().toString()).put("logger", event.getLoggerName()).put(CORRELATION, run)
          .put("message", event.getFormattedMessage());
      List<KeyValuePair> pairs = event.getKeyValuePairs();
      if (pairs != null) {
        pairs.forEach(pair -> line.put(pair.key, pair.value instanceof Number ? pair.value : String.valueOf(pair.value)));
      }
      IThrowableProxy failure = event.getThrowableProxy();
      if (failure != null) {
        line.put("error", failure.getClassName() + ": " + failure.getMessage());
      }
      return (line.encode() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] footerBytes() {
      return new byte[0];
    }
  }
}
