//! Configurations: limits and permissions, arguments and environment of children.

use lunatic::{Channel, Error, Mailbox, Process, ProcessConfig, Received};

fn uses_memory(pages: usize, _: Mailbox<()>) {
    let block = vec![1u8; pages * 65_536];
    assert_eq!(block[guests::black_box(block.len() - 1)], 1);
}

fn loops((): (), _: Mailbox<()>) {
    loop {
        guests::black_box(());
    }
}

fn spawns((): (), _: Mailbox<()>) {
    Process::spawn_mailbox((), |(), _: Mailbox<()>| {}).unwrap();
}

fn tells_settings(told: Channel<String>, _: Mailbox<()>) {
    told.send(format!("arguments {:?}", std::env::args().collect::<Vec<_>>()));
    told.send(format!("environment {:?}", std::env::vars().collect::<Vec<_>>()));
    told.send(format!("{:?}", ProcessConfig::new().map(|_| "a configuration")));
}

fn main() {
    let mailbox = Mailbox::<()>::take().catch_link_failure();
    let outcome = |process: Process<()>| {
        mailbox.monitor(process);
        let mut failed = false;
        loop {
            match mailbox.receive() {
                Received::LinkDied(_) => failed = true,
                Received::ProcessDied(id) if id == process.id() => return if failed { "failed" } else { "ended" },
                other => panic!("{other:?}"),
            }
        }
    };
    let tag = lunatic::Tag::new();

    let mut config = ProcessConfig::new().unwrap();
    config.set_max_memory(64 << 16);
    config.set_can_spawn_processes(true);
    println!("{} {}", config.max_memory(), config.max_fuel());
    println!("{} {} {}", config.can_spawn_processes(), config.can_create_configs(), config.can_compile_modules());
    println!("8 of 64 pages: {}", outcome(Process::spawn_link_config_tag(&config, 8, tag, uses_memory).unwrap()));
    println!("80 of 64 pages: {}", outcome(Process::spawn_link_config_tag(&config, 80, tag, uses_memory).unwrap()));
    println!("80 pages: {}", outcome(Process::spawn_link_tag(80, tag, uses_memory).unwrap()));
    println!("may spawn: {}", outcome(Process::spawn_link_config_tag(&config, (), tag, spawns).unwrap()));
    config.set_can_spawn_processes(false);
    println!("may not spawn: {}", outcome(Process::spawn_link_config_tag(&config, (), tag, spawns).unwrap()));
    config.set_max_fuel(20);
    println!("out of fuel: {}", outcome(Process::spawn_link_config_tag(&config, (), tag, loops).unwrap()));

    let mut small = ProcessConfig::new().unwrap();
    small.set_max_memory(65_536);
    match Process::spawn_config(&small, (), loops) {
        Err(Error::Failed(text)) => println!("too small to start: {}", !text.is_empty()),
        other => println!("too small to start: {other:?}"),
    }

    let mut config = ProcessConfig::new().unwrap();
    config.add_command_line_argument("program");
    config.add_command_line_argument("größe = 1");
    config.add_environment_variable("NAME", "a value");
    let told = Channel::new(0);
    Process::spawn_config(&config, told.clone(), tells_settings).unwrap();
    for _ in 0..3 {
        println!("{}", told.receive());
    }
}
