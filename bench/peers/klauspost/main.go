// Speed of klauspost/reedsolomon on one thread, encoding only.
//
//	klauspost K PARITY LENGTH SECONDS avx2|best
//
// Prints bytes of data (K * LENGTH) per second: the best of many short runs over SECONDS. "best" is
// what the library itself chooses on this processor.
package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/klauspost/reedsolomon"
)

const bytesPerShortRun = 1_000_000

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: klauspost K PARITY LENGTH SECONDS avx2|best")
		os.Exit(2)
	}
	k, parity, length := number(os.Args[1]), number(os.Args[2]), number(os.Args[3])
	seconds, err := strconv.ParseFloat(os.Args[4], 64)
	check(err)
	runtime.GOMAXPROCS(1)
	options := []reedsolomon.Option{reedsolomon.WithMaxGoroutines(1)}
	if os.Args[5] == "avx2" {
		options = append(options, reedsolomon.WithGFNI(false), reedsolomon.WithAVXGFNI(false),
			reedsolomon.WithAVX512(false))
	}
	encoder, err := reedsolomon.New(k, parity, options...)
	check(err)
	shards := make([][]byte, k+parity)
	for i := range shards {
		shards[i] = make([]byte, length)
		rand.Read(shards[i])
	}

	repeats := max(1, bytesPerShortRun/(k*length))
	best := time.Hour
	for start := time.Now(); time.Since(start).Seconds() < seconds; {
		before := time.Now()
		for range repeats {
			check(encoder.Encode(shards))
		}
		best = min(best, time.Since(before))
	}
	fmt.Printf("%.0f\n", float64(k*length*repeats)/best.Seconds())
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
