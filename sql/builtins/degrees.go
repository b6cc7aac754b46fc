package builtins

import "math"

// The trigonometric functions of degrees are exact at the angles where people expect it: each is scaled by its own result at such
// an angle.

// radiansPerDegree is no constant: products with it are to be rounded everywhere in the same way.
var radiansPerDegree = math.Pi / 180

var (
	sin30         = math.Sin(30 * radiansPerDegree)
	oneMinusCos60 = 1 - math.Cos(60*radiansPerDegree)
	asinHalf      = math.Asin(0.5)
	acosHalf      = math.Acos(0.5)
	atanOne       = math.Atan(1)
	tan45         = sinQuadrant(45) / cosQuadrant(45)
	cot45         = cosQuadrant(45) / sinQuadrant(45)
)

// sinUpTo30 and cosUpTo60 are for 0 to 30 and to 60 degrees.
func sinUpTo30(x float64) float64 { return math.Sin(x*radiansPerDegree) / sin30 / 2 }
func cosUpTo60(x float64) float64 { return 1 - (1-math.Cos(x*radiansPerDegree))/oneMinusCos60/2 }

func sinQuadrant(x float64) float64 {
	if x <= 30 {
		return sinUpTo30(x)
	}
	return cosUpTo60(90 - x)
}

func cosQuadrant(x float64) float64 {
	if x <= 60 {
		return cosUpTo60(x)
	}
	return sinUpTo30(90 - x)
}

func sinDegrees(x float64) float64 {
	x, sign := math.Mod(x, 360), 1.0
	if x < 0 {
		x, sign = -x, -sign
	}
	if x > 180 {
		x, sign = 360-x, -sign
	}
	if x > 90 {
		x = 180 - x
	}
	return sign * sinQuadrant(x)
}

func cosDegrees(x float64) float64 {
	x, sign := math.Abs(math.Mod(x, 360)), 1.0
	if x > 180 {
		x = 360 - x
	}
	if x > 90 {
		x, sign = 180-x, -sign
	}
	return sign * cosQuadrant(x)
}

// foldTangent is the angle in the first quadrant and the sign of its tangent.
func foldTangent(x float64) (float64, float64) {
	x, sign := math.Mod(x, 360), 1.0
	if x < 0 {
		x, sign = -x, -sign
	}
	if x > 180 {
		x, sign = 360-x, -sign
	}
	if x > 90 {
		x, sign = 180-x, -sign
	}
	return x, sign
}

func tanDegrees(x float64) float64 {
	x, sign := foldTangent(x)
	return sign*(sinQuadrant(x)/cosQuadrant(x)/tan45) + 0 // no -0
}

func cotDegrees(x float64) float64 {
	x, sign := foldTangent(x)
	return sign*(cosQuadrant(x)/sinQuadrant(x)/cot45) + 0
}

// asinQuadrant and acosQuadrant are for 0 to 1.
func asinQuadrant(x float64) float64 {
	if x <= 0.5 {
		return math.Asin(x) / asinHalf * 30
	}
	return 90 - math.Acos(x)/acosHalf*60
}

func acosQuadrant(x float64) float64 {
	if x <= 0.5 {
		return 90 - math.Asin(x)/asinHalf*30
	}
	return math.Acos(x) / acosHalf * 60
}

func asinDegrees(x float64) float64 {
	if x >= 0 {
		return asinQuadrant(x)
	}
	return -asinQuadrant(-x)
}

func acosDegrees(x float64) float64 {
	if x >= 0 {
		return acosQuadrant(x)
	}
	return 90 + asinQuadrant(-x)
}

// atanDegrees is the result of an arc tangent in degrees.
func atanDegrees(rad float64) float64 { return rad / atanOne * 45 }

func toRadians(x float64) (float64, error) {
	r := x * radiansPerDegree
	if r == 0 && x != 0 {
		return 0, errFloatUnderflow
	}
	return r, nil
}

func toDegrees(x float64) (float64, error) {
	d := x / radiansPerDegree
	if math.IsInf(d, 0) && !math.IsInf(x, 0) {
		return 0, errFloatOverflow
	}
	return d, nil
}

// smallestNormal is the least float with all its digits. math.Log is wrong below it on some machines.
const smallestNormal = 2.2250738585072014e-308

func logFloat(x float64) float64 {
	if x < smallestNormal {
		return math.Log(x*(1<<54)) - 54*math.Ln2
	}
	return math.Log(x)
}
