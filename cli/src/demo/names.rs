//! Made-up names: each first name goes with each last name at most once.

/// First names, as many families in France give them today.
const FIRST_NAMES: &str = "\
    Inès, Yanis, Léa, Mohamed, Chloé, Ibrahim, Manon, Lucas, Fatou, Hugo, Sarah, Amine, Camille, \
    Enzo, Aïcha, Nathan, Jade, Mamadou, Louise, Rayan, Emma, Théo, Nour, Gabriel, Aminata, \
    Jules, Lina, Adam, Zoé, Kylian, Maëlle, Bilal, Océane, Sofiane, Anaïs, Raphaël, Salomé, \
    Moussa, Clara, Ilyes, Mélissa, Tom, Assia, Noah, Khadija, Maxime, Thu Trang, Samuel, Kenza, \
    Arthur, Élise, Ousmane, Romane, Tiago, Yasmine, Louis, Anastasia, Malik, Eva, Jean-Baptiste, \
    Awa";

/// Last names of all origins.
const LAST_NAMES: &str = "\
    Benali, Martin, Diallo, Nguyen, Lefebvre, Traoré, Dubois, Haddad, Moreau, Da Silva, Petit, \
    Koné, Roux, Ben Amar, Girard, Kaya, Bonnet, Cissé, Lambert, Pereira, Fontaine, Bouzid, \
    Chevalier, Sissoko, Gauthier, Yılmaz, Perrin, Mbemba, Robin, Belkacem, Masson, Camara, Tran, \
    Noël, Gonçalves, Mercier, Touré, Blanc, Cherif, Guérin, Sow, Boyer, Rahmani, Garnier, Keita, \
    Le Goff, Popescu, Faure, Lahlou, Rousseau, Ndiaye, Clément, Mansouri, Morin, Kovačević, \
    Barbier, Demir, Arnaud, Diarra, Renaud, Saïdi, Schmitt, Okafor, Vidal, Ziani, Lemoine, \
    Coulibaly, Caron, Zhang, Picard, Amrani, Hoarau, D'Almeida";

/// The first and last name of the pupil with this number.
///
/// The two lists have no common divisor, so that neither name follows from the other and the first
/// 4,453 pairs differ.
pub(super) fn of(number: usize) -> (&'static str, &'static str) {
    (nth(FIRST_NAMES, number * 7), nth(LAST_NAMES, number * 11))
}

/// From the beginning again after the last.
fn nth(names: &'static str, number: usize) -> &'static str {
    let names: Vec<_> = names.split(", ").collect();
    names[number % names.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Two pupils of the same name would make the demo's class lists look like a fault, and a name
    /// repeated in a list above would weaken the promise silently.
    #[test]
    fn no_two_pupils_share_a_name() {
        let [first, last] = [FIRST_NAMES, LAST_NAMES].map(|names| names.split(", ").count());
        let all = first * last;
        let pairs: BTreeSet<_> = (0..all).map(of).collect();
        assert_eq!(pairs.len(), all);
    }
}
