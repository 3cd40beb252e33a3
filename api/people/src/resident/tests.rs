use std::{
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
};

use platform::{
    App,
    crypto::{KeyFileError, Keyring, reindex},
    db::test_support::{Bench, on_each_database},
    on_read, on_tx,
};

use super::*;

pub(crate) fn number(body: &str) -> IdNumber {
    IdNumber::of_body(body).unwrap()
}

#[tokio::test]
async fn a_resident_is_found_by_number_and_phone_and_both_lie_sealed() {
    on_each_database(&[crate::migrations], async |bench| {
        let real = RealName { name: "秦知远".into(), id_number: number("31010619850312791") };
        let phone = Phone::parse("13800138001").unwrap();
        let mut tx = bench.db.begin().await.unwrap();
        let id = insert(bench, &mut tx).await.unwrap();
        insert_account(bench, &mut tx, id, Channel::WeChat, "openid-1").await.unwrap();
        set_phone(bench, &mut tx, id, &phone).await.unwrap();
        tx.commit().await.unwrap();
        let before = find(bench, id).await.unwrap();
        assert_eq!((before.shown_name().as_str(), before.birth_date), ("138****8001", None));
        assert_eq!(before.three_elements(), None);

        let mut tx = bench.db.begin().await.unwrap();
        verify(bench, &mut tx, id, &real, "review").await.unwrap();
        assert_eq!(find_by_id_number(bench, &mut tx, &real.id_number).await.unwrap().unwrap().id, id);
        assert_eq!(find_by_phone(bench, &mut tx, &phone).await.unwrap().unwrap().name, "秦知远");
        let account = find_by_account(bench, &mut tx, Channel::WeChat, "openid-1").await.unwrap();
        assert_eq!(account, Some(id));
        let other = find_by_account(bench, &mut tx, Channel::Suishenban, "openid-1").await.unwrap();
        assert_eq!(other, None, "an account of one system is none of another");
        tx.commit().await.unwrap();
        let known = find(bench, id).await.unwrap();
        assert_eq!(known.three_elements(), Some(("秦知远", &real.id_number, &phone)));
        assert_eq!((known.sex, known.birth_date), (Sex::Male, Some(real.id_number.birth_date())));
        assert_eq!(find_subject(bench, id, Channel::WeChat).await.unwrap().as_deref(), Some("openid-1"));

        let stored: (Vec<u8>, Vec<u8>, Vec<u8>) = on_read!(&bench.db, |c| {
            sqlx::query_as("SELECT id_number, id_number_index, phone FROM resident").fetch_one(c).await
        })
        .unwrap();
        for bytes in [stored.0, stored.1, stored.2] {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(!text.contains("1985") && !text.contains("138001"), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn one_number_belongs_to_one_resident() {
    on_each_database(&[crate::migrations], async |bench| {
        let real = RealName { name: "秦知远".into(), id_number: number("31010619850312791") };
        let mut tx = bench.db.begin().await.unwrap();
        let (one, two) = (insert(bench, &mut tx).await.unwrap(), insert(bench, &mut tx).await.unwrap());
        verify(bench, &mut tx, one, &real, "review").await.unwrap();
        assert!(verify(bench, &mut tx, two, &real, "review").await.is_err());
        tx.rollback().await.unwrap();
    })
    .await;
}

/// Two processes on one key file, as at a real start.
async fn nodes(bench: &Bench) -> [App; 2] {
    let mut tx = bench.db.begin().await.unwrap();
    let sql = "DELETE FROM row_mac";
    on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let keyring = Keyring::load(&bench.config, &*bench.ids, &bench.db).await.unwrap();
        nodes.push(App { keyring: Arc::new(keyring), ..bench.app.clone() });
    }
    nodes.try_into().ok().unwrap()
}

fn phone(n: u32) -> Phone {
    Phone::parse(&format!("138{n:08}")).unwrap()
}

async fn resident(app: &App, n: u32) -> Uuid {
    let mut tx = app.db.begin().await.unwrap();
    let id = insert(app, &mut tx).await.unwrap();
    set_phone(app, &mut tx, id, &phone(n)).await.unwrap();
    insert_account(app, &mut tx, id, Channel::WeChat, &format!("openid-{n}")).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Whom a node finds by phone and by account.
async fn found(app: &App, n: u32) -> Option<Uuid> {
    let mut tx = app.db.begin().await.unwrap();
    let by_phone = find_by_phone(app, &mut tx, &phone(n)).await.unwrap().map(|one| one.id);
    let by_account = find_by_account(app, &mut tx, Channel::WeChat, &format!("openid-{n}")).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(by_phone, by_account);
    by_phone
}

/// Everybody stays to be found on every node, and nobody is there twice, at every step of a change of the index key.
#[tokio::test]
async fn the_index_key_changes_under_load_without_a_failed_read_or_a_double() {
    on_each_database(&[crate::migrations], async |bench| {
        const PEOPLE: u32 = 40;
        let [one, two] = nodes(bench).await;
        for n in 0..PEOPLE {
            resident(&one, n).await;
        }
        one.keyring.add_index_key(&*one.ids).unwrap();
        assert!(matches!(one.keyring.add_index_key(&*one.ids), Err(KeyFileError::Index(_))));
        two.keyring.refresh().unwrap();
        let over = AtomicBool::new(false);
        let change = async {
            assert!(one.keyring.use_next_index(&one.db).await.unwrap());
            tokio::task::yield_now().await;
            let n = reindex(&one, crate::INDEXED, |_, _| {}).await.unwrap();
            over.store(true, Ordering::SeqCst);
            n
        };
        let load = async {
            let (mut reads, mut refused) = (0, 0);
            while !over.load(Ordering::SeqCst) {
                let n = reads % PEOPLE;
                // The second node has not read the file again: it writes with the old key.
                assert!(found(&two, n).await.is_some() && found(&one, n).await.is_some(), "{n}");
                for app in [&one, &two] {
                    let mut tx = app.db.begin().await.unwrap();
                    let id = insert(app, &mut tx).await.unwrap();
                    refused += u32::from(set_phone(app, &mut tx, id, &phone(n)).await.is_err());
                    tx.rollback().await.unwrap();
                }
                reads += 1;
            }
            (reads, refused)
        };
        let (n, (reads, refused)) = tokio::join!(change, load);
        assert!(reads > 3 && refused == reads * 2, "{reads} rounds, {refused} refused");
        assert_eq!(n, u64::from(PEOPLE) * 2);
        // The late node goes on writing with the old key; both find it, and the key stays until it was indexed anew.
        resident(&two, 99).await;
        assert!(found(&one, 99).await.is_some() && found(&two, 99).await.is_some());
        let held = one.keyring.retire_index(&one, crate::INDEXED).await;
        assert!(matches!(held, Err(KeyFileError::IndexInUse(2))));
        assert_eq!(reindex(&one, crate::INDEXED, |_, _| {}).await.unwrap(), 2);
        assert!(one.keyring.retire_index(&one, crate::INDEXED).await.unwrap());
        two.keyring.refresh().unwrap();
        for n in (0..PEOPLE).chain([99]) {
            assert!(found(&one, n).await.is_some() && found(&two, n).await.is_some(), "{n}");
        }
        let again = Keyring::load(&bench.config, &*bench.ids, &bench.db).await.unwrap();
        let again = App { keyring: Arc::new(again), ..one.clone() };
        assert!(found(&again, 7).await.is_some(), "after a start");
        assert!(!one.keyring.retire_index(&one, crate::INDEXED).await.unwrap());
        one.keyring.add_index_key(&*one.ids).unwrap();
    })
    .await;
}

/// Two nodes take the same new number at the same moment, one under the old key, one under the new: one of them wins.
#[tokio::test]
async fn one_number_is_taken_once_also_between_two_index_keys() {
    on_each_database(&[crate::migrations], async |bench| {
        let [one, two] = nodes(bench).await;
        one.keyring.add_index_key(&*one.ids).unwrap();
        two.keyring.refresh().unwrap();
        one.keyring.use_next_index(&one.db).await.unwrap();
        for n in 0..12 {
            let take = async |app: &App| {
                let mut tx = app.db.begin().await.unwrap();
                let id = insert(app, &mut tx).await.unwrap();
                tokio::task::yield_now().await;
                let is_taken = set_phone(app, &mut tx, id, &phone(n)).await.is_ok();
                if is_taken {
                    tx.commit().await.unwrap();
                }
                is_taken
            };
            let (first, second) = tokio::join!(take(&one), take(&two));
            assert!(first != second, "{n}: {first} {second}");
        }
    })
    .await;
}
