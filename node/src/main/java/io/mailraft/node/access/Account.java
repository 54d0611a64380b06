package io.mailraft.node.access;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.netty.util.AttributeKey;
import java.util.Optional;

/**
 * Who a client has proved to be.
 *
 * @param name as the client gave it
 * @param trustRouting whether the X-Sending-Zone header of its messages chooses their zone
 */
public record Account(String name, boolean trustRouting) {
  private static final AttributeKey<Account> KEY = AttributeKey.valueOf(Account.class, "ACCOUNT");

  /** Whose HTTP request it is; empty where nobody was asked. */
  public static Optional<Account> of(ServiceRequestContext context) {
    return Optional.ofNullable(context.attr(KEY));
  }

  /** Notes whose HTTP request it is. */
  public void attachTo(ServiceRequestContext context) {
    context.setAttr(KEY, this);
  }
}
