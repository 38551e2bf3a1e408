package io.tidemark.objects.s3;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// What an answer of S3 means. Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
final class S3Failures {
  private S3Failures() {}

  /// @param store what messages call the store
  /// @param what  what was tried, on which object
  static TidemarkException of(String store, String what, SdkException failure) {
    return switch (failure) {
      case S3Exception answer -> ofAnswer(store, what, answer);
      case ApiCallAttemptTimeoutException late ->
          new TidemarkException(ErrorCode.TIMEOUT, store + ": cannot " + what + ": no answer in time", late);
      default -> new TidemarkException(ErrorCode.UNAVAILABLE, store + ": cannot " + what + ": " + reason(failure), failure);
    };
  }

  private static TidemarkException ofAnswer(String store, String what, S3Exception answer) {
    AwsErrorDetails details = answer.awsErrorDetails();
    String code = details == null || details.errorCode() == null ? "" : details.errorCode();
    int status = answer.statusCode();
    ErrorCode meaning;
    String advice = "";
    if (code.equals("NoSuchBucket")) {
      // Not NOT_FOUND: nothing is known of the object.
      meaning = ErrorCode.UNAVAILABLE;
      advice = "; make the bucket, or correct objects.s3.bucket";
    } else if (status == 404) {
      meaning = ErrorCode.NOT_FOUND;
    } else if (status == 412) {
      meaning = ErrorCode.CONFLICT;
    } else if (status == 416) {
      meaning = ErrorCode.CORRUPT;
      advice = "; the object was cut";
    } else if (status == 429 || status == 409 || code.equals("SlowDown") || code.equals("RequestLimitExceeded")) {
      // 409: another conditional put of this key is under way; S3 asks to try again.
      meaning = ErrorCode.RATE_LIMITED;
    } else if (status == 501) {
      meaning = ErrorCode.NOT_SUPPORTED;
      advice = "; the endpoint lacks what Tidemark needs, see docs/cold-tier.md";
    } else {
      meaning = ErrorCode.UNAVAILABLE;
      advice = status == 401 || status == 403 ? "; check objects.s3.access_key, secret_key and the account's rights" : "";
    }
    return new TidemarkException(meaning, store + ": cannot " + what + ": status " + status + (code.isEmpty() ? "" : " " + code) + advice,
        answer);
  }

  /// The innermost cause says what happened to the connection.
  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
