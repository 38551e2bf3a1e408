package io.tidemark.log.kafka;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/// What a failure of the client means to callers of the log.
final class Failures {
  private Failures() {}

  static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /// @param place what was done, and where
  static TidemarkException of(String place, Throwable failure) {
    Throwable cause = cause(failure);
    return switch (cause) {
      case TidemarkException known -> known;
      case RecordTooLargeException e -> new TidemarkException(ErrorCode.TOO_LARGE, place + ": " + e.getMessage(), e);
      case AuthenticationException e -> new TidemarkException(ErrorCode.UNAVAILABLE, place + ": Kafka refuses the login: "
          + e.getMessage() + "; check log.kafka.username, password, mechanism and tls", e);
      case AuthorizationException e -> new TidemarkException(ErrorCode.UNAVAILABLE, place + ": Kafka does not allow it: "
          + e.getMessage() + "; give the user the rights that docs/kafka.md lists", e);
      case CorruptRecordException e -> new TidemarkException(ErrorCode.CORRUPT, place + ": " + e.getMessage(), e);
      case ApiException e -> new TidemarkException(ErrorCode.UNAVAILABLE, place + ": " + e.getMessage(), e);
      case KafkaException e -> new TidemarkException(ErrorCode.UNAVAILABLE, place + ": " + e.getMessage(), e);
      case Throwable e -> new TidemarkException(ErrorCode.INTERNAL, place + ": " + e, e);
    };
  }
}
