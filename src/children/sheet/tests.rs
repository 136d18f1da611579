use chrono::NaiveDate;
use encoding_rs::GB18030;
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};

use super::*;
use crate::children::classification::LabelKind;
use crate::children::classification::facts::{CircumstanceKind, Condition, DisabilityKind, Kin};
use crate::children::identity_number::check_digit;
use crate::children::schooling::Enrolment;
use crate::identity::Sex;

fn context() -> Context {
    let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    Context { today, home_names: vec!["云岭县".to_owned()], limits: Limits::default() }
}

fn day(y: i32, m: u32, d: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(y, m, d)
}

/// A number that belongs to nobody: region 999999.
fn made_up(date: &str, order: u32) -> String {
    let body = format!("999999{date}{order:03}");
    let check = check_digit(&body).unwrap();
    format!("{body}{}", char::from(check))
}

fn read_text(text: &str) -> Ledger {
    read(text.as_bytes(), &context()).unwrap()
}

fn codes(row: &LedgerRow) -> Vec<String> {
    let place = |finding: &Finding| finding.cell.clone().map_or_else(String::new, |cell| format!("{cell} "));
    row.findings.iter().map(|finding| format!("{}{}", place(finding), finding.code)).collect()
}

fn faults(row: &LedgerRow) -> Vec<&str> {
    row.findings.iter().filter(|finding| finding.weight == Weight::Fault).map(|finding| finding.code.as_str()).collect()
}

#[test]
fn a_village_ledger_with_titles_notes_and_sums_becomes_typed_rows() {
    let number = made_up("20150308", 21);
    let text = [
        "云岭县双河镇大湾村留守儿童台账,,,,,,,,,,,",
        "填报单位(盖章):,,,,2026年10月20日,,,,,,,",
        "序号,姓 名,性别,\"出生\n年月\",身份证号码,父亲姓名,父亲电话,父亲务工地点,外出时间,母亲姓名,母亲状况,监护人姓名,与儿童关系,联系电话,就读学校,班级,是否住校,是否留守",
        &format!("1,张 小满,男,2015.3.8,{number},张大山,138 0000 0001,广东东莞,2023年3月,李春花,已去世,王桂兰,奶奶,13900000002,双河镇中心小学,五年级2班,是,√"),
        ",,,,,,,,,,,,,,,,,",
        "2,,,,,,,,,,,,,,,,,",
        "合计,1人,,,,,,,,,,,,,,,,",
        "填表人：赵某,,,,,审核人：,,,,,,,,,,,,",
    ]
    .join("\n");
    let ledger = read_text(&text);
    assert_eq!((ledger.rows.len(), ledger.sheets[0].heading_row), (1, Some(3)));
    assert_eq!(ledger.sheets[0].columns, []);
    let row = &ledger.rows[0];
    assert_eq!((row.number, row.child.name.as_str(), row.child.sex), (4, "张小满", Some(Sex::Male)));
    assert_eq!(row.child.birth_date, day(2015, 3, 8));
    assert_eq!(row.child.schooling.enrolment, Some(Enrolment::Enrolled));
    assert_eq!((row.child.schooling.grade.as_deref(), row.child.schooling.boarding), (Some("五年级2班"), Some(true)));
    assert_eq!(row.child.stated, [LabelKind::LeftBehind]);
    let father = &row.father;
    assert_eq!((father.name.as_deref(), father.phones[0].digits()), (Some("张大山"), "13800000001"));
    assert_eq!((father.outside_county, father.away, father.away_since), (Some(true), Some(true), day(2023, 3, 1)));
    assert_eq!((row.mother.condition, row.mother.away), (Some(Condition::Dead), None));
    assert_eq!((row.carer.kin, row.carer.phones[0].digits()), (Some(Kin::PaternalGrandmother), "13900000002"));
    assert_eq!(codes(row), ["I4 date_taken_from_start", "N4 phone_unattributed"]);
    assert!(!row.needs_person());
}

#[test]
fn damaged_numbers_are_named_with_their_cell() {
    let text = "姓名,性别,出生日期,身份证号\n甲一,男,2015-03-08,9.99999E+17\n乙二,女,2015-03-08,999999201503081000\n丙三,男,2015-03-08,999999150308123\n丁四,男,2015-03-08,99999920150308021\n戊五,女,2015-03-08,\n己六,女,2015-02-30,无\n";
    let ledger = read_text(text);
    let found: Vec<_> = ledger.rows.iter().map(codes).collect();
    assert_eq!(
        found,
        [
            vec!["D2 identity_scientific_notation"],
            vec!["D3 identity_lost_digits"],
            vec!["D4 identity_fifteen_digits"],
            vec!["D5 identity_wrong_length"],
            vec!["identity_empty"],
            vec!["identity_empty", "C7 date_impossible"],
        ]
    );
    assert_eq!(
        ledger.rows[0].findings[0].text,
        "身份证号被表格软件改成了科学计数法,后几位已经丢失,请按证件重新填写(先把单元格设为“文本”)。"
    );
    assert!(!ledger.rows[4].needs_person());
}

#[test]
fn a_number_that_passes_by_chance_is_suspect_beside_damaged_ones() {
    let lucky = (1..=28)
        .map(|day| format!("999999201503{day:02}0000"))
        .find(|text| crate::children::identity_number::IdentityNumber::parse(text, context().today).is_ok());
    let lucky = lucky.unwrap();
    let alone = read_text(&format!("姓名,性别,身份证号\n甲一,,{lucky}\n"));
    assert!(!alone.rows[0].needs_person());
    let beside = read_text(&format!("姓名,性别,身份证号\n甲一,,{lucky}\n乙二,,999999201503091000\n"));
    assert_eq!(faults(&beside.rows[0]), ["identity_lost_digits"]);
}

#[test]
fn contradictions_between_number_date_and_sex_need_a_person() {
    let number = made_up("20150308", 21);
    let rows = read_text(&format!(
        "姓名,性别,出生日期,身份证号\n甲一,女,2015.3.8,{number}\n乙二,男,2015.3.18,{}\n丙三,男,2015年3月,{}\n丁四,,,{}\n",
        made_up("20150308", 23),
        made_up("20150308", 25),
        made_up("20050308", 25),
    ))
    .rows;
    assert_eq!(faults(&rows[0]), ["sex_contradicts_identity"]);
    assert_eq!(faults(&rows[1]), ["birth_contradicts_identity"]);
    assert_eq!(faults(&rows[2]), [""; 0]);
    assert_eq!(faults(&rows[3]), ["not_a_minor"]);
}

#[test]
fn the_same_child_twice_in_a_file_is_found() {
    let number = made_up("20150308", 21);
    let rows = read_text(&format!(
        "姓名,性别,出生日期,身份证号,住址\n甲一,男,2015.3.8,{number},一组\n甲一,男,2015-03-08,{number},一组\n甲一,男,2015.3.8,{number},二组\n甲一,男,2015.3.8,,三组\n"
    ))
    .rows;
    assert_eq!(codes(&rows[1]), ["duplicate_same"]);
    assert_eq!(faults(&rows[2]), ["duplicate_conflict"]);
    assert_eq!(faults(&rows[3]), ["duplicate_person"]);
    assert_eq!(rows[3].findings[1].text, "与第2行姓名和出生日期相同,可能是同一名儿童,请补全身份证号后确认。");
}

#[test]
fn words_about_hardship_disability_and_parents_are_understood() {
    let ledger = read_text(
        "姓名,性别,出生日期,儿童类别,是否低保,残疾情况,健康状况,父母外出情况,父亲(姓名),父亲现状,母亲姓名,母亲监护能力,是否感染艾滋病\n\
         甲一,男,2015.3.8,留守儿童/脱贫户,是,肢体二级,先天性心脏病,双方外出,赵大,,钱二,,否\n\
         乙二,女,2015.3.8,事实无人抚养,否,99999920150308021X43,健康,未外出,去世,,孙三(服刑),,\n\
         丙三,男,2015.3.8,普通家庭,,无,,母亲外出,李四,重病,周五,无,\n\
         丁四,男,2015.3.8,外星人,,有,,父亲外出,吴六,失联,郑七,有,\n",
    );
    let [one, two, three, four] = ledger_rows(&ledger.rows);
    assert_eq!(one.child.circumstances, [CircumstanceKind::OutOfPoverty, CircumstanceKind::MinimumLivingAllowance]);
    assert_eq!(one.child.disability.map(|d| (d.grade, d.kind)), Some((2, Some(DisabilityKind::Body))));
    assert_eq!(one.child.illness.as_deref(), Some("先天性心脏病"));
    assert_eq!((one.father.away, one.mother.away), (Some(true), Some(true)));
    assert_eq!(codes(&one), ["identity_empty", "away_without_date", "away_without_date"]);
    assert_eq!(two.child.disability.map(|d| (d.grade, d.kind)), Some((3, Some(DisabilityKind::Body))));
    assert_eq!((two.father.name.as_deref(), two.father.condition), (None, Some(Condition::Dead)));
    assert_eq!((two.mother.name.as_deref(), two.mother.condition), (Some("孙三"), Some(Condition::Imprisoned)));
    assert_eq!(two.child.illness, None);
    assert_eq!(
        (three.father.condition, three.mother.condition),
        (Some(Condition::SeriousIllness), Some(Condition::WithoutAbility))
    );
    assert_eq!((three.father.away, three.mother.away), (Some(false), Some(true)));
    assert_eq!((four.father.condition, four.mother.condition), (Some(Condition::LostContact), Some(Condition::Able)));
    assert_eq!(codes(&four), ["identity_empty", "F5 disability_unreadable", "D5 word_unknown", "away_without_date"]);
    assert_eq!(
        ledger.sheets[0].columns.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(),
        ["column_refused"]
    );
}

fn ledger_rows<const N: usize>(rows: &[LedgerRow]) -> [LedgerRow; N] {
    rows.to_vec().try_into().unwrap()
}

#[test]
fn work_inside_the_county_is_not_work_away() {
    let rows = read_text("姓名,性别,出生日期,父亲姓名,父亲务工地,母亲姓名,母亲务工地,母亲外出时间\n甲一,男,2015.3.8,赵大,云岭县城工地,钱二,福建泉州,3年\n").rows;
    assert_eq!((rows[0].father.away, rows[0].father.outside_county), (Some(false), Some(false)));
    assert_eq!((rows[0].mother.away_since, rows[0].mother.outside_county), (day(2023, 11, 23), Some(true)));
}

#[test]
fn legacy_encoding_and_broken_files_get_their_verdict() {
    let (legacy, _, _) = GB18030.encode("姓名,性别,出生日期\n龚䶮,男,2015.3.8\n");
    assert_eq!(read(&legacy, &context()).unwrap().rows[0].child.name, "龚䶮");
    let fault = |bytes: &[u8]| read(bytes, &context()).unwrap_err();
    assert_eq!(fault(b""), SheetFault::Empty);
    assert_eq!(fault(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), SheetFault::OldFormat);
    assert_eq!(fault(b"PK\x03\x04 not a zip"), SheetFault::Damaged);
    assert_eq!(fault("name,age\nx,3\n".as_bytes()), SheetFault::NoHeading);
    assert_eq!(fault("姓名,身份证号\n".as_bytes()), SheetFault::NoRows);
    let small = Context { limits: Limits { rows: 3, ..Limits::default() }, ..context() };
    assert_eq!(read("姓名,身份证号\n一,\n二,\n三,\n".as_bytes(), &small).unwrap_err(), SheetFault::TooManyRows);
}

fn workbook(build: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    build(&mut workbook);
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_with_merged_cells_two_row_headings_and_numbers_is_read() {
    let bytes = workbook(|book| {
        let plain = Format::new();
        book.add_worksheet().set_name("说明").unwrap().write_string(0, 0, "填表说明").unwrap();
        let sheet = book.add_worksheet();
        sheet.set_name("第一组").unwrap();
        sheet.merge_range(0, 0, 0, 7, "留守儿童花名册", &plain).unwrap();
        for (column, heading) in [(0u16, "姓名"), (1, "性别"), (2, "出生日期"), (3, "身份证号")] {
            sheet.merge_range(1, column, 2, column, heading, &plain).unwrap();
        }
        sheet.merge_range(1, 4, 1, 6, "父亲情况", &plain).unwrap();
        sheet.merge_range(1, 7, 1, 8, "母亲情况", &plain).unwrap();
        for (column, heading) in [(4u16, "姓名"), (5, "联系电话"), (6, "务工地点"), (7, "姓名"), (8, "联系电话")]
        {
            sheet.write_string(2, column, heading).unwrap();
        }
        for (row, name, sex) in [(3u32, "张小满", "男"), (4, "张小雪", "女")] {
            sheet.write_string(row, 0, name).unwrap();
            sheet.write_string(row, 1, sex).unwrap();
        }
        let dated = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_number_with_format(3, 2, 42_071.0, &dated).unwrap();
        sheet.write_number(4, 2, 42_437.0).unwrap();
        sheet.write_number(3, 3, 999_999_201_503_080_217.0).unwrap();
        sheet.merge_range(3, 4, 4, 4, "张大山", &plain).unwrap();
        sheet.merge_range(3, 5, 4, 5, "", &plain).unwrap();
        sheet.write_number(3, 5, 13_800_000_001.0).unwrap();
        sheet.write_formula(4, 6, "=\"广东\"&\"佛山\"").unwrap();
    });
    let ledger = read(&bytes, &context()).unwrap();
    assert_eq!(
        ledger.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.records)).collect::<Vec<_>>(),
        [("说明", 0), ("第一组", 2)]
    );
    let [one, two] = ledger_rows(&ledger.rows);
    assert_eq!((one.child.birth_date, two.child.birth_date), (day(2015, 3, 8), day(2016, 3, 8)));
    assert_eq!(codes(&one), ["D4 identity_lost_digits"]);
    for row in [&one, &two] {
        assert_eq!((row.father.name.as_deref(), row.father.phones[0].digits()), (Some("张大山"), "13800000001"));
    }
    assert_eq!(two.sheet, "第一组");
}

#[test]
fn what_is_written_is_text_and_is_read_back() {
    let table = write::Table {
        sheet_name: "台账",
        title: "大湾村 2026-11-23".to_owned(),
        mark: "编号E7　村儿童主任 李梅　2026-11-23 10:00取得".to_owned(),
        headings: vec!["姓名", "性别", "身份证号", "备注"],
        rows: vec![
            vec!["张小满".into(), "男".into(), made_up("20150308", 21), "=HYPERLINK(\"http://x\")".into()],
            vec!["李小雪".into(), "女".into(), made_up("20150308", 22), "+1-2@cmd".into()],
        ],
    };
    let bytes = write::workbook(&table).unwrap();
    let rows = read(&bytes, &context()).unwrap().rows;
    assert_eq!(rows[0].child.remark.as_deref(), Some("=HYPERLINK(\"http://x\")"));
    assert_eq!(rows[1].child.remark.as_deref(), Some("+1-2@cmd"));
    assert!(rows.iter().all(|row| row.findings.is_empty()));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let mut sheet = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut sheet).unwrap();
    assert!(!sheet.contains("<f>") && !sheet.contains("<f "));
}

#[test]
fn a_bomb_is_refused_by_what_it_declares_and_by_what_comes_out() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        for row in 0..2_000 {
            sheet.write_string(row, 0, "长".repeat(200)).unwrap();
        }
    });
    let tight = Limits { unpacked_bytes: 20_000, ..Limits::default() };
    assert_eq!(tight.admit_zip(&bytes), Err(SheetFault::UnpacksTooLarge));
    let lying = lie_about_sizes(bytes);
    assert!(tight.admit_zip(&lying).is_err());
}

/// Sets every uncompressed size in the central directory to one byte.
fn lie_about_sizes(mut bytes: Vec<u8>) -> Vec<u8> {
    let places: Vec<_> =
        bytes.windows(4).enumerate().filter(|(_, window)| *window == b"PK\x01\x02").map(|(at, _)| at).collect();
    for at in places {
        bytes[at + 24..at + 28].copy_from_slice(&1u32.to_le_bytes());
    }
    bytes
}

#[test]
fn a_lone_cell_in_the_far_corner_costs_nothing() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "姓名").unwrap().write_string(0, 1, "出生日期").unwrap();
        sheet.write_string(1, 0, "张小满").unwrap().write_string(1, 1, "2015.3.8").unwrap();
        sheet.write_string(1_048_575, 16_383, "x").unwrap();
    });
    assert_eq!(read(&bytes, &context()).unwrap().rows.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_get_a_verdict(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, &context());
        let _ = read(&[b"PK\x03\x04".as_slice(), &bytes].concat(), &context());
    }

    #[test]
    fn any_table_gets_a_verdict(cells in prop::collection::vec("[\\PC]{0,12}", 0..40)) {
        let heading = "姓名,性别,出生日期,身份证号,父亲姓名,父亲电话,外出时间,父母外出情况,残疾情况,儿童类别\n";
        let body: String = cells.chunks(10).map(|row| row.iter().map(|cell| format!("\"{}\"", cell.replace('"', ""))).collect::<Vec<_>>().join(",") + "\n").collect();
        let _ = read(format!("{heading}{body}").as_bytes(), &context());
    }

    #[test]
    fn a_mangled_workbook_gets_a_verdict(at in 0usize..6_000, with in any::<u8>()) {
        let mut bytes = write::workbook(&write::Table {
            sheet_name: "a", title: String::new(), mark: String::new(), headings: vec!["姓名", "出生日期"], rows: vec![vec!["张小满".into(), "2015.3.8".into()]],
        }).unwrap();
        let at = at % bytes.len();
        bytes[at] = with;
        let _ = read(&bytes, &context());
    }
}
