//! `message!`: structs and enums as messages, without hand-written encoding.

/// Defines structs and enums that can be sent: writes the items as they are, and implements
/// [`Message`](crate::Message) for them.
///
/// Items look as usual: attributes, derives, visibility, type parameters (plain names, each becomes
/// `T: Message` for the implementation), named and tuple structs, enums with any kind of variant.
/// Not supported: lifetimes, `where`, explicit discriminants, more than 8 fields in a tuple variant.
///
/// A struct is its fields in order; an enum is the variant's position as `u32`, then its fields.
///
/// ```
/// use lunatic::{message, Process};
///
/// message! {
///     #[derive(Debug, Clone, PartialEq)]
///     pub struct Point {
///         pub x: i32,
///         pub y: i32,
///     }
///
///     #[derive(Debug, PartialEq)]
///     pub enum Shape {
///         Empty,
///         Circle(Point, f64),
///         Polygon { corners: Vec<Point>, closed: bool },
///     }
/// }
///
/// let circle = Shape::Circle(Point { x: 1, y: 2 }, 0.5);
/// let bytes = lunatic::message::encode(&circle);
/// assert_eq!(bytes.len(), 4 + 8 + 8);
/// assert_eq!(lunatic::message::decode::<Shape>(&bytes), Ok(circle));
/// ```
#[macro_export]
macro_rules! message {
    () => {};

    // A struct with named fields.
    (
        $(#[$meta:meta])* $vis:vis struct $name:ident $(<$($generic:ident),+ $(,)?>)? {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),* $(,)?
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])* $vis struct $name $(<$($generic),+>)? {
            $($(#[$field_meta])* $field_vis $field: $type),*
        }

        impl $(<$($generic: $crate::Message),+>)? $crate::Message for $name $(<$($generic),+>)? {
            #[allow(unused_variables)]
            fn encode(&self, out: &mut ::std::vec::Vec<u8>) {
                $($crate::Message::encode(&self.$field, out);)*
            }

            #[allow(unused_variables)]
            fn decode(
                input: &mut $crate::message::Reader<'_>,
            ) -> ::std::result::Result<Self, $crate::message::DecodeError> {
                ::std::result::Result::Ok($name { $($field: $crate::Message::decode(input)?),* })
            }
        }

        $crate::message! { $($rest)* }
    };

    // A tuple struct.
    (
        $(#[$meta:meta])* $vis:vis struct $name:ident $(<$($generic:ident),+ $(,)?>)? (
            $($(#[$field_meta:meta])* $field_vis:vis $type:ty),* $(,)?
        );
        $($rest:tt)*
    ) => {
        $(#[$meta])* $vis struct $name $(<$($generic),+>)? (
            $($(#[$field_meta])* $field_vis $type),*
        );

        impl $(<$($generic: $crate::Message),+>)? $crate::Message for $name $(<$($generic),+>)? {
            #[allow(unused_variables)]
            fn encode(&self, out: &mut ::std::vec::Vec<u8>) {
                let $crate::__tuple_pattern!($name [a b c d e f g h] $($type),*) = self;
                $crate::__encode_tuple!(out [a b c d e f g h] $($type),*);
            }

            #[allow(unused_variables)]
            fn decode(
                input: &mut $crate::message::Reader<'_>,
            ) -> ::std::result::Result<Self, $crate::message::DecodeError> {
                ::std::result::Result::Ok($name($(<$type as $crate::Message>::decode(input)?),*))
            }
        }

        $crate::message! { $($rest)* }
    };

    // A struct without fields.
    ($(#[$meta:meta])* $vis:vis struct $name:ident; $($rest:tt)*) => {
        $(#[$meta])* $vis struct $name;

        impl $crate::Message for $name {
            fn encode(&self, _out: &mut ::std::vec::Vec<u8>) {}

            fn decode(
                _input: &mut $crate::message::Reader<'_>,
            ) -> ::std::result::Result<Self, $crate::message::DecodeError> {
                ::std::result::Result::Ok($name)
            }
        }

        $crate::message! { $($rest)* }
    };

    // An enum.
    (
        $(#[$meta:meta])* $vis:vis enum $name:ident $(<$($generic:ident),+ $(,)?>)? {
            $(
                $(#[$variant_meta:meta])* $variant:ident
                $({ $($field:ident : $field_type:ty),* $(,)? })?
                $(( $($type:ty),* $(,)? ))?
            ),* $(,)?
        }
        $($rest:tt)*
    ) => {
        $(#[$meta])* $vis enum $name $(<$($generic),+>)? {
            $($(#[$variant_meta])* $variant $({ $($field: $field_type),* })? $(($($type),*))?),*
        }

        const _: () = {
            // Numbers the variants: a macro cannot count.
            enum Position {
                $($variant),*
            }

            impl $(<$($generic: $crate::Message),+>)? $crate::Message for $name $(<$($generic),+>)? {
                #[allow(unused_variables)]
                fn encode(&self, out: &mut ::std::vec::Vec<u8>) {
                    match self {
                        $(
                            $crate::__variant_pattern!(
                                ($name $variant) [a b c d e f g h] $({ $($field),* })? $(( $($type),* ))?
                            ) => {
                                $crate::Message::encode(&(Position::$variant as u32), out);
                                $($($crate::Message::encode($field, out);)*)?
                                $($crate::__encode_tuple!(out [a b c d e f g h] $($type),*);)?
                            }
                        )*
                    }
                }

                fn decode(
                    input: &mut $crate::message::Reader<'_>,
                ) -> ::std::result::Result<Self, $crate::message::DecodeError> {
                    let position = <u32 as $crate::Message>::decode(input)?;
                    $(
                        if position == Position::$variant as u32 {
                            return ::std::result::Result::Ok($name::$variant
                                $({ $($field: $crate::Message::decode(input)?),* })?
                                $(($(<$type as $crate::Message>::decode(input)?),*))?
                            );
                        }
                    )*
                    let text = ::std::format!("{} has no variant number {}", ::std::stringify!($name), position);
                    ::std::result::Result::Err(input.error_before(4, text))
                }
            }
        };

        $crate::message! { $($rest)* }
    };
}

/// `Name(a, b, ..)` with as many names from the list as there are types.
#[doc(hidden)]
#[macro_export]
macro_rules! __tuple_pattern {
    (@take $path:path, ($($taken:ident)*) [$($names:ident)*]) => { $path($($taken),*) };
    (@take $path:path, ($($taken:ident)*) [$name:ident $($names:ident)*] $type:ty $(, $types:ty)*) => {
        $crate::__tuple_pattern!(@take $path, ($($taken)* $name) [$($names)*] $($types),*)
    };
    ($path:path [$($names:ident)*] $($types:ty),*) => {
        $crate::__tuple_pattern!(@take $path, () [$($names)*] $($types),*)
    };
}

/// The pattern for one variant of an enum, by its kind.
#[doc(hidden)]
#[macro_export]
macro_rules! __variant_pattern {
    (($name:ident $variant:ident) [$($names:ident)*]) => { $name::$variant };
    (($name:ident $variant:ident) [$($names:ident)*] { $($field:ident),* }) => { $name::$variant { $($field),* } };
    (($name:ident $variant:ident) [$($names:ident)*] ( $($types:ty),* )) => {
        $crate::__tuple_pattern!(@take $name::$variant, () [$($names)*] $($types),*)
    };
}

/// Encodes the names that `__tuple_pattern` bound.
#[doc(hidden)]
#[macro_export]
macro_rules! __encode_tuple {
    ($out:ident [$($names:ident)*]) => {};
    ($out:ident [$name:ident $($names:ident)*] $type:ty $(, $types:ty)*) => {
        $crate::Message::encode($name, $out);
        $crate::__encode_tuple!($out [$($names)*] $($types),*)
    };
}
