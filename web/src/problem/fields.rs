//! What is wrong with the fields of an input, all of it at once.

use std::borrow::Cow;

use super::{Code, Problem};

/// What is wrong with one field of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where it stands in the input.
    pub field: String,
    /// What is wrong, for programs: `required`, `too_long`, `invalid`, `unknown_field`…
    pub code: Cow<'static, str>,
    /// What is wrong and what to do, in French.
    pub detail: Cow<'static, str>,
}

/// Collects what is wrong with the fields of an input, so that a person corrects them all at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

/// What is wrong with a value: a code for programs, and a sentence in French.
pub type Wrong = (&'static str, Cow<'static, str>);

impl FieldErrors {
    /// The value, or nothing when it is wrong, which is kept under the field's name.
    pub fn take<T>(&mut self, field: impl Into<String>, value: Result<T, Wrong>) -> Option<T> {
        value
            .map_err(|(code, detail)| {
                self.0.push(FieldError {
                    field: field.into(),
                    code: code.into(),
                    detail,
                });
            })
            .ok()
    }

    /// What was read, when nothing was wrong with it.
    ///
    /// # Errors
    ///
    /// As [`FieldErrors::finish`].
    pub fn finish_with<T>(self, read: Option<T>) -> Result<T, Problem> {
        match read {
            Some(read) if self.0.is_empty() => Ok(read),
            _ => Err(self.into()),
        }
    }

    /// Goes on only when nothing was wrong.
    ///
    /// # Errors
    ///
    /// The `validation` problem, with every field at fault.
    pub fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into())
        }
    }
}

impl FieldErrors {
    /// The problem of this kind, with every field at fault.
    #[must_use]
    pub fn into_problem(self, code: Code) -> Problem {
        let detail = match self.0.as_slice() {
            [only] => only.detail.clone(),
            several => format!("{} informations sont à corriger.", several.len()).into(),
        };
        Problem::new(code, detail).with_errors(self.0)
    }
}

impl From<FieldErrors> for Problem {
    fn from(errors: FieldErrors) -> Self {
        errors.into_problem(Code::Validation)
    }
}
