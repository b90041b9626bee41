//! The macros of sqlx that need no database.

use proc_macro::TokenStream;
use sqlx_macros_core::{derives, migrate};
use syn::{DeriveInput, Error, LitStr, parse_macro_input};

#[proc_macro_derive(Encode, attributes(sqlx))]
pub fn derive_encode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derives::expand_derive_encode(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

#[proc_macro_derive(Decode, attributes(sqlx))]
pub fn derive_decode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derives::expand_derive_decode(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

#[proc_macro_derive(Type, attributes(sqlx))]
pub fn derive_type(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derives::expand_derive_type_encode_decode(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

#[proc_macro_derive(FromRow, attributes(sqlx))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derives::expand_derive_from_row(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

#[proc_macro]
pub fn migrate(input: TokenStream) -> TokenStream {
    let folder = parse_macro_input!(input as LitStr);
    let at = folder.span();
    migrate::expand_migrator_from_lit_dir(folder)
        .unwrap_or_else(|error| Error::new(at, error).into_compile_error())
        .into()
}

/// sqlx gives it on, with its feature `macros`; nothing uses it.
#[proc_macro_attribute]
pub fn test(_: TokenStream, _: TokenStream) -> TokenStream {
    let at = proc_macro2::Span::call_site();
    Error::new(at, "write a test of the suite, on both engines")
        .into_compile_error()
        .into()
}
