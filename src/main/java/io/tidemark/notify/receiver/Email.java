package io.tidemark.notify.receiver;

import io.tidemark.notify.Integration;
import io.tidemark.notify.Notification;
import io.tidemark.notify.Outcome;
import io.tidemark.notify.Texts;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.ext.mail.LoginOption;
import io.vertx.ext.mail.MailClient;
import io.vertx.ext.mail.MailConfig;
import io.vertx.ext.mail.MailMessage;
import io.vertx.ext.mail.SMTPException;
import io.vertx.ext.mail.StartTLSOptions;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Sends mail, HTML and plain text as alternatives when both are configured.
final class Email implements Integration {
  private static final long TIMEOUT_MILLIS = 30_000;
  private static final int TLS_PORT = 465;
  private static final int CONNECTIONS_MAX = 2;

  private final EmailConfig config;
  private final Vertx vertx;
  private final MailClient client;
  private final Texts.Text to;
  private final Texts.Text from;
  private final Texts.Text html;
  private final Texts.Text text;
  private final Map<String, Texts.Text> headers = new LinkedHashMap<>();

  Email(EmailConfig config, Texts parser, Vertx vertx) {
    this.config = config;
    this.vertx = vertx;
    to = parser.parse(config.to(), new Texts.Fallback.Fixed(config.to()));
    from = parser.parse(config.from(), new Texts.Fallback.Fixed(config.from()));
    html = parser.parse(config.html(), new Texts.Fallback.Summary());
    text = parser.parse(config.text(), new Texts.Fallback.Summary());
    config.headers().forEach((name, value) -> headers.put(name, parser.parse(value,
        name.equalsIgnoreCase("Subject") ? new Texts.Fallback.Summary() : new Texts.Fallback.Fixed(""))));
    client = MailClient.create(vertx, options(config.server()));
  }

  private static MailConfig options(EmailConfig.Server server) {
    boolean tls = server.port() == TLS_PORT;
    var options = new MailConfig(server.host(), server.port()).setSsl(tls).setOwnHostname(server.hello())
        .setStarttls(tls ? StartTLSOptions.DISABLED : server.requireTls() ? StartTLSOptions.REQUIRED : StartTLSOptions.OPTIONAL)
        .setMaxPoolSize(CONNECTIONS_MAX).setKeepAlive(false).setConnectTimeout(5_000);
    return server.username().isEmpty() ? options.setLogin(LoginOption.DISABLED)
        : options.setLogin(LoginOption.REQUIRED).setUsername(server.username()).setPassword(server.password().reveal());
  }

  @Override
  public Future<Outcome> send(Notification notification) {
    Promise<Outcome> promise = Promise.promise();
    vertx.getOrCreateContext().runOnContext(_ -> {
      long timer = vertx.setTimer(TIMEOUT_MILLIS,
          _ -> promise.tryComplete(new Outcome.Retry("no answer of the mail server within " + TIMEOUT_MILLIS + " ms", 0)));
      Future.succeededFuture().compose(_ -> client.sendMail(message(notification))).onComplete(result -> {
        vertx.cancelTimer(timer);
        promise.tryComplete(result.succeeded() ? new Outcome.Delivered("mail to " + result.result().getRecipients().size()
            + " recipients taken") : failure(result.cause()));
      });
    });
    return promise.future();
  }

  MailMessage message(Notification notification) {
    List<String> recipients = Arrays.stream(to.plain(notification).split(",")).map(String::strip).filter(one -> !one.isEmpty()).toList();
    var message = new MailMessage().setFrom(from.plain(notification)).setTo(recipients);
    var more = MultiMap.caseInsensitiveMultiMap();
    headers.forEach((name, value) -> {
      String line = value.plain(notification).replaceAll("[\\r\\n]+", " ").strip();
      if (name.equalsIgnoreCase("Subject")) {
        message.setSubject(line);
      } else if (!line.isEmpty()) {
        more.add(name, line);
      }
    });
    message.setHeaders(more);
    if (!config.html().isEmpty()) {
      message.setHtml(html.html(notification));
    }
    if (!config.text().isEmpty()) {
      message.setText(text.plain(notification));
    }
    return message;
  }

  private Outcome failure(Throwable cause) {
    String said = String.valueOf(cause.getMessage());
    String detail = HttpPoster.shortened(redact(config.server(), said));
    boolean forGood = cause instanceof SMTPException smtp && smtp.isPermanent();
    return forGood ? new Outcome.Rejected(detail) : new Outcome.Retry(detail, 0);
  }

  /// A server may quote the command that it refuses: the password as it is, or in the form of AUTH LOGIN or AUTH PLAIN (RFC 4616).
  private static String redact(EmailConfig.Server server, String said) {
    String password = server.password().reveal();
    if (password.isEmpty()) {
      return said;
    }
    return said.replace(base64("\0" + server.username() + "\0" + password), "<secret>").replace(base64(password), "<secret>")
        .replace(password, "<secret>");
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public Future<Void> close() {
    return client.close();
  }
}
