//! Slugs from names.

/// Lower case, letters, digits, `-` and `_`; everything else becomes one dash (github.com/gosimple/slug).
pub(crate) fn of(name: &str) -> String {
    let spelled = name.replace('@', "at").replace('&', "and").to_lowercase();
    let mut slug = String::new();
    for letter in spelled.chars() {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches(['-', '_']).to_owned()
}
