//! The main process panics some calls deep: a message, a crash report, an exit code that is not 0.

struct Account {
    balance: u32,
}

#[inline(never)]
fn withdraw(account: &mut Account, amount: u32) -> u32 {
    account.balance = account.balance.checked_sub(amount).expect("not enough money");
    account.balance
}

#[inline(never)]
fn spend_everything(account: &mut Account) -> u32 {
    let mut total = 0;
    loop {
        total += withdraw(account, guests::black_box(30));
        println!("{total}");
    }
}

fn main() {
    println!("before");
    spend_everything(&mut Account { balance: 100 });
    println!("after");
}
