//! A bounded cache whose entries expire.

use std::hash::Hash;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache as Map;

/// A cache whose entries are valid for a while.
pub struct Cache<K, V> {
    entries: Map<K, (Instant, V)>,
    ttl: Duration,
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// A cache of about `capacity` entries, each valid for `ttl`.
    pub fn new(capacity: usize, ttl: Duration) -> Self {
        Cache { entries: Map::new(capacity), ttl }
    }

    /// The value of `key`, if it has one that is valid.
    pub fn get(&self, key: &K) -> Option<V> {
        let (since, value) = self.entries.get(key)?;
        (since.elapsed() < self.ttl).then_some(value)
    }

    /// Sets the value of `key`.
    pub fn insert(&self, key: K, value: V) {
        self.entries.insert(key, (Instant::now(), value));
    }

    /// Forgets the value of `key`.
    pub fn remove(&self, key: &K) {
        self.entries.remove(key);
    }

    /// The value of `key`, from `load` if it has none. Of several calls at once one loads it and the
    /// others wait.
    ///
    /// # Errors
    /// Those of `load`, of which nothing is kept.
    pub async fn get_or_load<E>(
        &self,
        key: &K,
        load: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        if self.get(key).is_none() {
            self.entries.remove_if(key, |(since, _)| since.elapsed() >= self.ttl);
        }
        let load = async { load.await.map(|value| (Instant::now(), value)) };
        self.entries.get_or_insert_async(key, load).await.map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn of_many_at_once_one_loads_and_failures_are_not_kept() {
        let cache: Cache<u8, usize> = Cache::new(10, Duration::from_secs(600));
        let loads = AtomicUsize::new(0);
        let load = || async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            match loads.fetch_add(1, Ordering::Relaxed) {
                0 => Err("the first fails"),
                count => Ok(count),
            }
        };
        assert_eq!(cache.get_or_load(&1, load()).await, Err("the first fails"));
        let all = (0..20).map(|_| cache.get_or_load(&1, load()));
        assert!(futures_util::future::join_all(all).await.iter().all(|found| *found == Ok(1)));
        assert_eq!((loads.load(Ordering::Relaxed), cache.get(&1)), (2, Some(1)));
    }

    #[tokio::test]
    async fn entries_expire_and_make_room() {
        let cache: Cache<u32, u32> = Cache::new(100, Duration::ZERO);
        cache.insert(1, 1);
        assert_eq!(cache.get(&1), None);
        assert_eq!(cache.get_or_load(&1, async { Ok::<_, ()>(2) }).await, Ok(2));
        let cache: Cache<u32, u32> = Cache::new(100, Duration::from_secs(600));
        (0..10_000).for_each(|number| cache.insert(number, number));
        assert!((0..10_000).filter(|number| cache.get(number).is_some()).count() <= 200);
    }
}
