use crate::on_both;
use crate::support::{TOWNSHIP, VILLAGE};

on_both! {
    async fn an_official_sees_the_areas_of_their_post_and_no_others(t: TestApp) {
        let county = t.county();
        let areas = t.get(&t.as_person(county.director), "/areas").await.expect(200);
        assert_eq!(areas.as_array().unwrap().len(), 1);
        assert_eq!(areas[0]["code"], VILLAGE);
        let areas = t.get(&t.as_person(county.supervisor), "/areas").await.expect(200);
        assert_eq!(areas.as_array().unwrap().len(), 3);
        assert_eq!(areas[0]["code"], TOWNSHIP);
        assert_eq!(t.get(&t.as_person(county.father), "/areas").await.problem(403), "forbidden");
        assert_eq!(t.get(&t.stranger(), "/areas").await.problem(401), "unauthorized");
        let named = t.get(&t.stranger(), "/public/areas").await.expect(200);
        let levels: Vec<_> = named.as_array().unwrap().iter().map(|area| area["level"].as_str().unwrap()).collect();
        assert_eq!(levels, ["township", "village", "village"]);
    }
}
