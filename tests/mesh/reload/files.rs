//! Files and directories that are followed.

use std::{fs, os::unix::fs::symlink};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_file_that_is_written_anew_is_put_in_force() {
    let folder = Folder::new();
    let path = folder.write("mesh.yaml", &template(8080, &["orders"]));
    let mesh = web().app_mesh_file(&path).start().await.expect("it starts");
    let before = mesh.configuration();
    assert_eq!(called(&mesh), ["orders"]);

    folder.write("mesh.yaml", &template(8080, &["orders", "stock"]));
    a_while().await;
    assert_eq!(called(&mesh), ["orders", "stock"]);
    let after = mesh.configuration();
    assert_eq!((before.generation, after.generation), (0, 1));
    assert_ne!(before.version, after.version);
    assert_eq!(after.source, Some(path.display().to_string()));

    folder.write("mesh.yaml", &template(8080, &["orders"]));
    a_while().await;
    assert_eq!(
        mesh.configuration().version,
        before.version,
        "the same text"
    );
    a_while().await;
    assert_eq!(
        mesh.configuration().generation,
        2,
        "nothing else has changed"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_later_text_is_told_and_the_last_good_one_stays() {
    let (orders, both) = (
        template(8080, &["orders"]),
        template(8080, &["orders", "stock"]),
    );
    for (text, reason) in [
        (both[..both.len() / 2].to_owned(), "mesh.yaml"),
        (String::new(), "mesh.yaml"),
        ("\0".to_owned(), "mesh.yaml"),
        (both.replace("Port: 8080", "Port: 80800"), "80800"),
        (
            both.replace("VirtualNodeName: web", "VirtualNodeName: shop"),
            "web",
        ),
    ] {
        let folder = Folder::new();
        let path = folder.write("mesh.yaml", &orders);
        let mesh = web().app_mesh_file(&path).start().await.expect("it starts");
        let before = mesh.configuration();

        folder.write("mesh.yaml", &text);
        a_while().await;
        a_while().await;
        assert_eq!(called(&mesh), ["orders"], "{reason}");
        let told = last_error(&mesh);
        assert!(told.contains(reason), "{reason}: {told}");
        assert_eq!(
            metric(&mesh, "mesh_config_rejected_total"),
            1,
            "once for one text"
        );
        assert_eq!(mesh.configuration().version, before.version);

        folder.write("mesh.yaml", &both);
        a_while().await;
        assert_eq!(called(&mesh), ["orders", "stock"], "mended");
        assert_eq!(mesh.configuration().last_error, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_still_being_written_is_waited_for() {
    let folder = Folder::new();
    let path = folder.write("mesh.yaml", &template(8080, &["orders"]));
    let mesh = web().app_mesh_file(&path).start().await.expect("it starts");
    let text = template(8080, &["orders", "stock"]);
    for length in (0..text.len()).step_by(8) {
        folder.write("mesh.yaml", &text[..length]);
        time::sleep(Duration::from_millis(50)).await;
    }
    folder.write("mesh.yaml", &text);
    a_while().await;
    assert_eq!(called(&mesh), ["orders", "stock"]);
    assert_eq!(
        metric(&mesh, "mesh_config_rejected_total"),
        0,
        "no half was looked into"
    );
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_gone_leaves_the_last_good_one_in_force() {
    let folder = Folder::new();
    let path = folder.write("mesh.yaml", &template(8080, &["orders"]));
    let mesh = web().app_mesh_file(&path).start().await.expect("it starts");
    fs::remove_file(&path).expect("it was there");
    a_while().await;
    assert_eq!(called(&mesh), ["orders"]);
    assert!(last_error(&mesh).contains("mesh.yaml"));
    assert!(metric(&mesh, "mesh_config_unreachable_total") > 0);

    folder.write("mesh.yaml", &template(8080, &["orders"]));
    a_while().await;
    assert_eq!(mesh.configuration().last_error, None);
    assert_eq!(mesh.configuration().generation, 0, "the same text");
}

/// As Kubernetes mounts a ConfigMap: files are links through `..data`, which is a link that is swapped.
#[tokio::test(start_paused = true)]
async fn a_config_map_whose_link_is_swapped_is_put_in_force_as_a_whole() {
    let folder = Folder::new();
    let generation = |name: &str, backends: &[&str]| {
        fs::create_dir(folder.path(name)).expect("a new directory");
        let text = template(8080, backends);
        let (mesh, node) = text.split_at(text.find("  Web:").expect("a node"));
        folder.write(&format!("{name}/a-mesh.yaml"), mesh);
        folder.write(
            &format!("{name}/b-nodes.yaml"),
            &format!("Resources:\n{node}"),
        );
        symlink(name, folder.path("..next")).expect("a link");
        fs::rename(folder.path("..next"), folder.path("..data")).expect("swapped");
    };
    generation("..2026_01", &["orders"]);
    for name in ["a-mesh.yaml", "b-nodes.yaml"] {
        symlink(format!("..data/{name}"), folder.path(name)).expect("a link");
    }
    folder.write("notes.txt", "not configuration");
    let mesh = web()
        .app_mesh_dir(&folder.0)
        .start()
        .await
        .expect("it starts");
    assert_eq!(called(&mesh), ["orders"]);

    generation("..2026_02", &["orders", "stock"]);
    fs::remove_dir_all(folder.path("..2026_01")).expect("it was there");
    a_while().await;
    assert_eq!(called(&mesh), ["orders", "stock"]);

    // A file that comes later is read, too.
    folder.write(
        "c-mistake.yaml",
        "Resources: {A: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: [1]}}}",
    );
    a_while().await;
    assert!(last_error(&mesh).contains("c-mistake.yaml"));
    fs::remove_file(folder.path("c-mistake.yaml")).expect("it was there");
    a_while().await;
    assert_eq!(mesh.configuration().last_error, None);
}

#[tokio::test]
async fn a_directory_without_configuration_says_so_at_the_start() {
    let folder = Folder::new();
    folder.write("notes.txt", "not configuration");
    let refused = web()
        .app_mesh_dir(&folder.0)
        .start()
        .await
        .expect_err("nothing to read");
    assert!(
        format!("{refused:?}").contains("no file that ends in .yaml"),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_mesh_without_watching_reads_its_file_once() {
    let folder = Folder::new();
    let path = folder.write("mesh.yaml", &template(8080, &["orders"]));
    let builder = web().app_mesh_file(&path).without_watching();
    let mesh = builder.start().await.expect("it starts");
    folder.write("mesh.yaml", &template(8080, &["orders", "stock"]));
    a_while().await;
    assert_eq!(called(&mesh), ["orders"]);
    assert_eq!(mesh.configuration().source, None);
}

#[tokio::test(start_paused = true)]
async fn nobody_follows_a_configuration_whose_mesh_has_ended() {
    let folder = Folder::new();
    let path = folder.write("mesh.yaml", &template(8080, &[]));
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    let dropped = web().app_mesh_file(&path).start().await.expect("it starts");
    assert!(tasks() > before);
    drop(dropped);
    time::sleep(Duration::from_millis(1)).await;
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_file_is_refused_and_not_waited_for() {
    let folder = Folder::new();
    folder.write("mesh.yaml", &template(8080, &["orders"]));
    let mesh = web()
        .app_mesh_dir(&folder.0)
        .start()
        .await
        .expect("it starts");
    let pipe = folder.path("pipe.yaml");
    let made = process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo is here").success());
    a_while().await;
    assert!(
        last_error(&mesh).contains("pipe.yaml"),
        "{}",
        last_error(&mesh)
    );
    let refused = web()
        .app_mesh_file(&pipe)
        .start()
        .await
        .expect_err("a pipe");
    assert!(
        format!("{refused:?}").contains("no regular file"),
        "{refused:?}"
    );

    fs::remove_file(&pipe).expect("it is there");
    a_while().await;
    assert_eq!(mesh.configuration().last_error, None);
}

#[tokio::test(start_paused = true)]
async fn the_files_of_a_directory_are_bounded_together() {
    let folder = Folder::new();
    for number in 0..5 {
        let file = fs::File::create(folder.path(&format!("{number}.yaml")));
        let file = file.expect("the directory can be written to");
        file.set_len(15 * 1024 * 1024).expect("it holds nothing");
    }
    let refused = web().app_mesh_dir(&folder.0).start().await;
    let report = format!("{:?}", refused.expect_err("more than any mesh has"));
    assert!(report.contains("together"), "{report}");
}
