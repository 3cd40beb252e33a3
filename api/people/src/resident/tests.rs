use platform::{db::test_support::on_each_database, on_read};

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
