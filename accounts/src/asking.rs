//! What anybody may have sent to an address, known or not: what comes of it is decided where the message is
//! made, so that nobody learns whether the address is known.

use commands::{CommandError, Commands, Once};
use domain::values::EmailAddress;
use mail::{Message, Post};

/// Has the activation sent once more.
pub async fn to_activate(
    commands: &Commands,
    once: Option<Once>,
    email: EmailAddress,
) -> Result<(), CommandError> {
    post(commands, once, Message::activation_again(email)).await
}

/// Has a link sent to choose another password.
pub async fn for_password(
    commands: &Commands,
    once: Option<Once>,
    email: EmailAddress,
) -> Result<(), CommandError> {
    post(commands, once, Message::password_reset(email)).await
}

async fn post(
    commands: &Commands,
    once: Option<Once>,
    message: Message,
) -> Result<(), CommandError> {
    let post = Post::new(commands.clock(), message);
    commands.write(once, &[&post]).await
}
